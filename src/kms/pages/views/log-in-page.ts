import { type Html, markup } from '#infra/html/html.ts';
import { alert, csrfField, frame } from './frame.ts';

export interface LogInView {
  readonly csrfToken: string;
  /** A path of ours. */
  readonly returnTo: string;
  /** Links to the issuers at which people log in. */
  readonly issuers: readonly { readonly name: string; readonly href: string }[];
  /** The name that was typed; never a password. */
  readonly username?: string;
  /** Why the last attempt failed. */
  readonly problem?: string;
}

/** Log-in by an issuer, or by name and password of a realm. */
export const logInPage = ({ csrfToken, returnTo, issuers, username, problem }: LogInView): Html => {
  const described = problem !== undefined && markup` aria-invalid="true" aria-describedby="problem"`;
  return frame({
    title: problem === undefined ? 'Log in' : 'Error: log in',
    content: markup`<h1>Log in</h1>
${alert(problem)}
${
  issuers.length > 0 &&
  markup`<div class="actions">${issuers.map(({ name, href }) => markup`<a class="button primary" href="${href}">Log in at ${name}</a>`)}</div>
<h2>Or as a user of this server</h2>`
}
<form method="post" action="/ui/log-in">
${csrfField(csrfToken)}
<input type="hidden" name="return_to" value="${returnTo}">
<label for="username">User name</label>
<input id="username" name="username" type="text" value="${username ?? ''}" autocomplete="username" autocapitalize="none" spellcheck="false" maxlength="128" required${described}>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" maxlength="1024" required${described}>
<div class="actions"><button class="${issuers.length > 0 ? 'plain' : 'primary'}" type="submit">Log in</button></div>
</form>`,
  });
};
