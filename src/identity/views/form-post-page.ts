import { type Html, markup, trustedHtml } from '#infra/html/html.ts';
import { layout } from './layout.ts';

export interface FormPostView {
  /** The provider's own form with the answer to the client, its end tag left out: trusted markup. */
  readonly form: string;
  /** The provider's own script that posts the form at once: trusted markup, which the policy of the page names by its hash. */
  readonly script: string;
}

/** On the way back to the client by a form, which is posted by a script, or by hand. */
export const formPostPage = ({ form, script }: FormPostView): Html =>
  layout({
    title: 'Back to the application',
    content: markup`<h1>Back to the application</h1>
<p>This page sends you back to the application. If nothing happens, press Continue.</p>
${trustedHtml(form)}
<div class="actions"><button class="primary" type="submit">Continue</button></div>
</form>
${trustedHtml(script)}`,
  });

/**
 * Between two accounts: the session of the first ends, by a form of the provider's own, and then that of the second begins. A browser
 * without scripts goes on by hand.
 */
export const changeAccountPage = ({ form, script }: FormPostView): Html =>
  layout({
    title: 'Change the account',
    content: markup`<h1>Change the account</h1>
<p>You were logged in with another account. Its session in this browser ends now, and you go on with the one that you have just logged in with. If nothing happens, press Continue.</p>
${trustedHtml(form)}
<div class="actions"><button class="primary" type="submit">Continue</button></div>
</form>
${trustedHtml(script)}`,
  });

/** A log-out that an application asks for where nobody is logged in: it goes on by a form of the provider's own. */
export const nobodyLeftPage = ({ form, script }: FormPostView): Html =>
  layout({
    title: 'Log out',
    content: markup`<h1>Nobody is logged in here</h1>
<p>Your session in this browser has ended before. If nothing happens, press Continue.</p>
${trustedHtml(form)}
<div class="actions"><button class="primary" type="submit">Continue</button></div>
</form>
${trustedHtml(script)}`,
  });
