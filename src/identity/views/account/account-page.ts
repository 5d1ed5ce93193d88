import { type Html, type HtmlValue, markup } from '#infra/html/html.ts';
import { layout, status } from '../layout.ts';
import { button, type PageForm, plainButton } from './page-form.ts';
import { sessionList, type SessionView } from './session-list.ts';
import { type GrantView, grantList } from './grant-list.ts';
import { dayAndTime } from './words.ts';

export interface AccountForms {
  readonly logOut: PageForm;
  readonly sessions: PageForm;
  readonly grants: PageForm;
  readonly totp: PageForm;
  readonly recoveryCodes: PageForm;
  readonly removePasskey: PageForm;
}

export interface AccountView {
  /** What was done before this page. */
  readonly done?: string;
  readonly username: string;
  readonly name: string;
  readonly email: string | null;
  readonly roles: readonly string[];
  readonly sessions: readonly SessionView[];
  readonly grants: readonly GrantView[];
  readonly factors: {
    readonly totp: { readonly addedAt: number } | null;
    readonly passkeys: readonly {
      readonly credentialId: string;
      readonly name: string;
      readonly addedAt: number;
      readonly lastUsedAt: number | null;
    }[];
    readonly recoveryCodesLeft: number;
  };
  /** Whether second factors can be changed without another log-in. */
  readonly isFresh: boolean;
  readonly forms: AccountForms;
}

const left = (codes: number): string => {
  if (codes === 0) return 'There are none.';
  return codes === 1 ? '1 is left.' : `${codes} are left.`;
};

const passkeyItem = (passkey: AccountView['factors']['passkeys'][number], forms: AccountForms): HtmlValue => {
  const used = passkey.lastUsedAt === null ? 'not used yet' : `used ${dayAndTime(passkey.lastUsedAt / 1000)}`;
  return markup`<li><strong>Passkey ${passkey.name}</strong>
<span>Added ${dayAndTime(passkey.addedAt / 1000)}, ${used}.</span>
${button(forms.removePasskey, 'credential_id', passkey.credentialId, 'Remove', `Remove the passkey ${passkey.name}`)}</li>`;
};

const secondFactors = ({ factors, forms, isFresh }: AccountView): HtmlValue => {
  if (!isFresh) return markup`<p>To add or remove a second factor, <a href="/account/login">log in again</a>.</p>`;
  const { totp, passkeys } = factors;
  return markup`<ul class="links">
<li><strong>App for one-time codes</strong>
<span>${totp === null ? 'There is none.' : `Added ${dayAndTime(totp.addedAt / 1000)}.`}</span>
${totp === null ? button(forms.totp, 'decision', 'begin', 'Add an app') : button(forms.totp, 'decision', 'remove', 'Remove the app')}</li>
${passkeys.map((passkey) => passkeyItem(passkey, forms))}<li><strong>Passkeys</strong>
<span>${passkeys.length === 0 && 'There is none. '}<a href="/account/passkeys">Add a passkey</a></span></li>
${
  (totp !== null || passkeys.length > 0) &&
  markup`<li><strong>Recovery codes</strong>
<span>${left(factors.recoveryCodesLeft)}</span>
${plainButton(forms.recoveryCodes, 'Make new ones')}</li>`
}
</ul>`;
};

/** Who is logged in, where, what clients were allowed, and by what the log-in is proven. */
export const accountPage = (view: AccountView): Html => {
  const { done, username, name, email, roles, sessions, grants, factors, forms } = view;
  const hasFactor = factors.totp !== null || factors.passkeys.length > 0;
  return layout({
    title: 'Your account',
    width: 'roomy',
    content: markup`<h1>Your account</h1>
${status(done)}<p>You are logged in as <strong>${username}</strong>.</p>
<dl>
<dt>Name</dt><dd>${name}</dd>
${email !== null && markup`<dt>E-mail</dt><dd>${email}</dd>`}
<dt>Roles</dt><dd>${roles.length === 0 ? 'none' : roles.join(', ')}</dd>
</dl>
<div class="actions">${plainButton(forms.logOut, 'Log out')}</div>
<h2>Password</h2>
<p><a href="/account/password">Change the password</a></p>
<h2>Second factor</h2>
<p>${hasFactor ? 'A log-in asks for it after the password.' : 'With one, the password alone opens nothing.'}</p>
${secondFactors(view)}
<h2>Where you are logged in</h2>
${sessionList(sessions, forms.sessions)}
<h2>What applications may do</h2>
${grants.length === 0 ? markup`<p class="muted">You have allowed nothing to any application.</p>` : grantList(grants, forms.grants)}`,
  });
};
