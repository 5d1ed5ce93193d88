import { html } from './html.ts';
import { layout } from './layout.ts';

export interface LogoutView {
  /** URL that the confirmation is posted to. */
  readonly action: string;
  /** The provider's own CSRF token for this form. */
  readonly xsrf: string;
  readonly clientName?: string;
}

/** Asks before a session ends: a foreign page must not log anybody out. `logout=yes` confirms. */
export const logoutPage = ({ action, xsrf, clientName }: LogoutView): string =>
  layout({
    title: 'Log out',
    content: html`<h1>Log out?</h1>
<p>${clientName === undefined ? 'Do' : html`<strong>${clientName}</strong> asks to log you out. Do`} you want to end your session here?</p>
<form method="post" action="${action}">
<input type="hidden" name="xsrf" value="${xsrf}">
<div class="actions">
<button class="primary" type="submit" name="logout" value="yes">Log out</button>
<button type="submit">Stay logged in</button>
</div>
</form>`,
  });

/** The end of a session whose client gave no page to return to. */
export const loggedOutPage = ({ clientName }: { readonly clientName?: string } = {}): string =>
  layout({
    title: 'Logged out',
    content: html`<h1>You are logged out</h1>
<p>${clientName === undefined ? 'Your session here has ended.' : html`Your session here has ended for <strong>${clientName}</strong>.`} You can close this page.</p>`,
  });
