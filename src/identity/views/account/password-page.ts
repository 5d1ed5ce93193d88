import { type Html, type HtmlValue, markup } from '#infra/html/html.ts';
import { alert, layout } from '../layout.ts';

export interface PasswordView {
  readonly action: string;
  readonly csrfToken: string;
  /** For password managers. */
  readonly username: string;
  readonly leastCharacters: number;
  readonly problem?: string;
}

const field = (
  name: string,
  text: string,
  autocomplete: string,
  more: HtmlValue = '',
): HtmlValue => markup`<label for="${name}">${text}</label>
<input id="${name}" name="${name}" type="password" autocomplete="${autocomplete}" maxlength="1024" required${more}>
`;

/** Asks for the current password and twice for the new one. */
export const passwordPage = ({ action, csrfToken, username, leastCharacters, problem }: PasswordView): Html =>
  layout({
    title: problem === undefined ? 'Change the password' : 'Error: change the password',
    ways: [{ href: '/account', text: 'Your account' }],
    content: markup`<h1>Change the password</h1>
<p>All other browsers and all applications are logged out then.</p>
${alert(problem)}
<form method="post" action="${action}">
<input type="hidden" name="_csrf" value="${csrfToken}">
<input type="text" name="username" value="${username}" autocomplete="username" hidden disabled>
${field('current', 'Current password', 'current-password', problem !== undefined && markup` aria-describedby="problem"`)}${field('next', `New password, of at least ${leastCharacters} characters`, 'new-password')}${field('again', 'New password once more', 'new-password')}<div class="actions"><button class="primary" type="submit">Change</button></div>
</form>`,
  });
