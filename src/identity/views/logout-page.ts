import { type Html, markup, trustedHtml } from '#infra/html/html.ts';
import { ABOUT, layout } from './layout.ts';

export interface LogoutView {
  /** The provider's own form with id `op.logoutForm`: trusted markup with its token against foreign pages. */
  readonly form: string;
  readonly clientName?: string | undefined;
}

/** Asks before a session ends: a foreign page must not log anybody out. */
export const logoutPage = ({ form, clientName }: LogoutView): Html =>
  layout({
    title: 'Log out',
    content: markup`<h1>Log out?</h1>
<p>${clientName !== undefined && markup`<strong>${clientName}</strong> asks to log you out. `}Do you want to end your session here?</p>
${trustedHtml(form)}
<div class="actions">
<button class="primary" type="submit" form="op.logoutForm" name="logout" value="yes">Log out</button>
<button type="submit" form="op.logoutForm">Stay logged in</button>
</div>`,
  });

/** The end of a session whose client gave no page to return to. */
export const loggedOutPage = ({ clientName }: { readonly clientName?: string | undefined } = {}): Html =>
  layout({
    title: 'Logged out',
    content: markup`<h1>You are logged out</h1>
<p>${clientName === undefined ? 'Your session here has ended.' : markup`Your session here has ended for <strong>${clientName}</strong>.`} You can close this page.</p>`,
    ways: [ABOUT],
  });

/** For somebody who was asked and did not want to log out. */
export const stillLoggedInPage = (): Html =>
  layout({
    title: 'Still logged in',
    content: markup`<h1>You are still logged in</h1>
<p>Nothing has changed: your session here goes on, and so does the application. Go back to it, or close this page.</p>`,
    ways: [ABOUT],
  });
