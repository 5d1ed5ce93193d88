import { type Html, markup } from '#infra/html/html.ts';
import { alert, layout } from './layout.ts';

export interface LoginView {
  /** Path that the form is posted to. */
  readonly action: string;
  readonly csrfToken: string;
  readonly clientName: string;
  /** The name that was typed, or the `login_hint`; never a password. */
  readonly username?: string;
  /** Why the last attempt failed. */
  readonly problem?: string;
}

/** The log-in form; `decision` is `login` or `cancel`. */
export const loginPage = ({ action, csrfToken, clientName, username, problem }: LoginView): Html => {
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
</div>
</form>`,
  });
};
