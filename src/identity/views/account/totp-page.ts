import { encodeQR } from 'qr';
import { type Html, markup, trustedHtml } from '#infra/html/html.ts';
import { alert, layout } from '../layout.ts';

export interface TotpView {
  readonly action: string;
  readonly csrfToken: string;
  /** base32. */
  readonly secret: string;
  /** `otpauth:` URI. */
  readonly uri: string;
  readonly problem?: string;
}

/** Shows the secret for an app once, and asks for the app's first code. */
export const totpPage = ({ action, csrfToken, secret, uri, problem }: TotpView): Html =>
  layout({
    title: problem === undefined ? 'Add an app' : 'Error: add an app',
    ways: [{ href: '/account', text: 'Your account' }],
    content: markup`<h1>Add an app for one-time codes</h1>
<p>Open an authenticator app, and scan this picture with it.</p>
<div class="qr" role="img" aria-label="QR code of the secret below">${trustedHtml(encodeQR(uri, 'svg', { ecc: 'medium' }))}</div>
<p>Or type the secret: <code>${secret.match(/.{1,4}/g)?.join(' ')}</code></p>
${alert(problem)}
<form method="post" action="${action}">
<input type="hidden" name="_csrf" value="${csrfToken}">
<label for="code">The code that the app shows now</label>
<input id="code" name="code" type="text" inputmode="numeric" autocomplete="one-time-code" maxlength="16" required${problem !== undefined && markup` aria-invalid="true" aria-describedby="problem"`}>
<div class="actions"><button class="primary" type="submit" name="decision" value="confirm">Add</button></div>
</form>`,
  });
