import { type Html, markup } from '#infra/html/html.ts';
import { alert, layout } from './layout.ts';
import { passkeyForm } from './passkey-form.ts';

export interface SecondFactorView {
  /** Path that the form is posted to. */
  readonly action: string;
  readonly csrfToken: string;
  /** What the log-in is for: the name of a client, or `your account`. */
  readonly purpose: string;
  readonly username: string;
  /** Whether a code would do. */
  readonly code: boolean;
  /** Whether one of an app would: else only a recovery code. */
  readonly app: boolean;
  /** JSON for the browser, where a passkey would do; absent where none would. */
  readonly passkeyOptions?: string;
  /** Why the last attempt failed. */
  readonly problem?: string;
}

const codeForm = ({ action, csrfToken, app, problem }: SecondFactorView) => markup`<form method="post" action="${action}">
<input type="hidden" name="_csrf" value="${csrfToken}">
<label for="code">${app ? 'Code of your app, or a recovery code' : 'Recovery code'}</label>
<input id="code" name="code" type="text" autocomplete="one-time-code" autocapitalize="none" spellcheck="false" maxlength="64" required autofocus${problem !== undefined && markup` aria-invalid="true" aria-describedby="problem"`}>
<div class="actions">
<button class="primary" type="submit" name="decision" value="code">Continue</button>
<button type="submit" name="decision" value="cancel" formnovalidate>Cancel</button>
</div>
</form>`;

const cancelForm = ({ action, csrfToken }: SecondFactorView) => markup`<form method="post" action="${action}">
<input type="hidden" name="_csrf" value="${csrfToken}">
<div class="actions"><button type="submit" name="decision" value="cancel">Cancel</button></div>
</form>`;

/** Asks for the second factor, after the password; `decision` is `code`, `passkey` or `cancel`. */
export const secondFactorPage = (view: SecondFactorView): Html =>
  layout({
    title: view.problem === undefined ? 'Confirm that it is you' : 'Error: confirm that it is you',
    content: markup`<h1>Confirm that it is you</h1>
<p>to continue to <strong>${view.purpose}</strong> as <strong>${view.username}</strong></p>
${alert(view.problem)}
${view.passkeyOptions !== undefined && passkeyForm({ ...view, use: 'get', options: view.passkeyOptions, button: 'Use a passkey' })}
${view.code ? codeForm(view) : cancelForm(view)}`,
  });
