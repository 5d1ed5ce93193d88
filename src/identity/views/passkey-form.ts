import { createHash } from 'node:crypto';
import { type Html, type HtmlValue, markup, trustedHtml } from '#infra/html/html.ts';

/** Shows the form where the browser can do it, and posts what the authenticator answers; `data-options` holds what it is asked. */
const SCRIPT = `
const form = document.querySelector('form[data-passkey]');
const problem = form.querySelector('[role=alert]');
const ask = (options) =>
  form.dataset.passkey === 'create'
    ? navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) })
    : navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) });
form.hidden = false;
form.addEventListener('submit', async (event) => {
  event.preventDefault();
  try {
    const credential = await ask(JSON.parse(form.dataset.options));
    form.elements.credential.value = JSON.stringify(credential.toJSON());
    form.submit();
  } catch (error) {
    problem.hidden = false;
    problem.textContent = 'The passkey did not answer (' + error.name + '). Try again.';
  }
});
`;

/** For the policy of a page that has the form. */
export const PASSKEY_SCRIPT_SOURCE = `'sha256-${createHash('sha256').update(SCRIPT).digest('base64')}'`;

export interface PasskeyForm {
  readonly action: string;
  readonly csrfToken: string;
  readonly use: 'create' | 'get';
  /** JSON for the browser. */
  readonly options: string;
  readonly button: string;
  readonly fields?: HtmlValue;
}

/** A form that a passkey answers. It is shown where scripts run; the page says what to do elsewhere. */
export const passkeyForm = ({
  action,
  csrfToken,
  use,
  options,
  button,
  fields,
}: PasskeyForm): Html => markup`<noscript><p>Passkeys need JavaScript.</p></noscript>
<form method="post" action="${action}" data-passkey="${use}" data-options="${options}" hidden>
<input type="hidden" name="_csrf" value="${csrfToken}">
<input type="hidden" name="decision" value="passkey">
<input type="hidden" name="credential" value="">
<p class="alert" role="alert" hidden></p>
${fields}<div class="actions"><button class="primary" type="submit">${button}</button></div>
</form>
<script>${trustedHtml(SCRIPT)}</script>`;
