import { type Html, markup } from '#infra/html/html.ts';
import { layout } from '../layout.ts';
import { passkeyForm } from '../passkey-form.ts';

export interface PasskeyView {
  readonly action: string;
  readonly csrfToken: string;
  /** JSON for the browser. */
  readonly options: string;
}

/** Has the browser make a passkey. */
export const passkeyPage = (view: PasskeyView): Html =>
  layout({
    title: 'Add a passkey',
    ways: [{ href: '/account', text: 'Your account' }],
    content: markup`<h1>Add a passkey</h1>
<p>A passkey is kept by this device, a security key or a password manager. No other site can ask it for an answer that works here.</p>
${passkeyForm({
  ...view,
  use: 'create',
  button: 'Add',
  fields: markup`<label for="name">Its name, for you</label>
<input id="name" name="name" type="text" maxlength="64" required>
`,
})}`,
  });
