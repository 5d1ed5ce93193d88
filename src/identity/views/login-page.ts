import { type Html, type HtmlValue, markup } from '#infra/html/html.ts';
import { alert, layout } from './layout.ts';

/** An account of the demo, which anybody may take. */
export interface DemoChoice {
  readonly username: string;
  /** Who that is, in a few words. */
  readonly about: string;
}

export interface LoginView {
  /** Path that the form is posted to. */
  readonly action: string;
  readonly csrfToken: string;
  readonly clientName: string;
  /** The name that was typed, or the `login_hint`; never a password. */
  readonly username?: string;
  /** Why the last attempt failed. */
  readonly problem?: string;
  /** Offered as buttons, in a demo alone. */
  readonly demoAccounts?: readonly DemoChoice[];
}

const demoChoices = (accounts: readonly DemoChoice[]): HtmlValue =>
  accounts.length > 0 &&
  markup`
<fieldset class="choices">
<legend>Or take an account of the demo</legend>
${accounts.map(({ username, about }) => markup`<button type="submit" name="demo_account" value="${username}" formnovalidate>${username}<span>${about}</span></button>\n`)}</fieldset>`;

/** The log-in form; `decision` is `login` or `cancel`, or `demo_account` names an account of the demo. */
export const loginPage = ({ action, csrfToken, clientName, username, problem, demoAccounts = [] }: LoginView): Html => {
  const described = problem !== undefined && markup` aria-invalid="true" aria-describedby="problem"`;
  return layout({
    title: problem === undefined ? 'Log in' : 'Error: log in',
    content: markup`<h1>Log in</h1>
<p>to continue to <strong>${clientName}</strong></p>
${alert(problem)}
<form method="post" action="${action}">
<input type="hidden" name="_csrf" value="${csrfToken}">
<label for="username">User name</label>
<input id="username" name="username" type="text" value="${username ?? ''}" autocomplete="username" autocapitalize="none" spellcheck="false" maxlength="256" required${!username && markup` autofocus`}${described}>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" maxlength="1024" required${username && markup` autofocus`}${described}>
<div class="actions">
<button class="primary" type="submit" name="decision" value="login">Log in</button>
<button type="submit" name="decision" value="cancel" formnovalidate>Cancel</button>
</div>${demoChoices(demoAccounts)}
</form>`,
  });
};
