import { type Html, type HtmlValue, markup } from '#infra/html/html.ts';
import { layout } from '../layout.ts';
import { scopeWords } from '../scope-words.ts';
import { dayAndTime, methodWords } from './words.ts';

export interface PageForm {
  readonly action: string;
  readonly csrfToken: string;
}

export interface AccountForms {
  readonly logOut: PageForm;
  readonly sessions: PageForm;
  readonly grants: PageForm;
  readonly totp: PageForm;
  readonly recoveryCodes: PageForm;
  readonly removePasskey: PageForm;
}

export interface AccountView {
  readonly username: string;
  readonly name: string;
  readonly email: string | null;
  readonly roles: readonly string[];
  readonly sessions: readonly {
    readonly reference: string;
    /** Seconds since the epoch. */
    readonly loggedInAt: number;
    readonly amr: readonly string[];
    readonly isThis: boolean;
    readonly clientNames: readonly string[];
  }[];
  readonly grants: readonly {
    readonly reference: string;
    readonly clientName: string;
    readonly scopes: readonly string[];
    /** Seconds since the epoch. */
    readonly grantedAt: number;
  }[];
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

/** A form of one button. @param label says which one of several it is, to a screen reader */
const button = ({ action, csrfToken }: PageForm, name: string, value: string, text: string, label = text): HtmlValue =>
  markup`<form method="post" action="${action}"><input type="hidden" name="_csrf" value="${csrfToken}"><button type="submit" name="${name}" value="${value}" aria-label="${label}">${text}</button></form>`;

const plainButton = ({ action, csrfToken }: PageForm, text: string): HtmlValue =>
  markup`<form method="post" action="${action}"><input type="hidden" name="_csrf" value="${csrfToken}"><button type="submit">${text}</button></form>`;

const sessionItem = (session: AccountView['sessions'][number], forms: AccountForms): HtmlValue => {
  const since = dayAndTime(session.loggedInAt);
  return markup`<li><strong>${session.isThis ? 'This browser' : 'Another browser'}</strong>
<span>since ${since}, by ${methodWords(session.amr)}${session.clientNames.length > 0 && markup`; ${session.clientNames.join(', ')}`}</span>
${button(forms.sessions, 'session', session.reference, 'End', `End the session since ${since}`)}</li>`;
};

const grantItem = (grant: AccountView['grants'][number], forms: AccountForms): HtmlValue => markup`<li><strong>${grant.clientName}</strong>
<span>since ${dayAndTime(grant.grantedAt)}: ${grant.scopes.map(scopeWords).join('; ')}</span>
${button(forms.grants, 'grant', grant.reference, 'Take back', `Take back what ${grant.clientName} may do`)}</li>`;

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
<span>${factors.recoveryCodesLeft} are left.</span>
${plainButton(forms.recoveryCodes, 'Make new ones')}</li>`
}
</ul>`;
};

/** Who is logged in, where, what clients were allowed, and by what the log-in is proven. */
export const accountPage = (view: AccountView): Html => {
  const { username, name, email, roles, sessions, grants, factors, forms } = view;
  const hasFactor = factors.totp !== null || factors.passkeys.length > 0;
  return layout({
    title: 'Your account',
    content: markup`<h1>Your account</h1>
<p>You are logged in as <strong>${username}</strong>.</p>
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
<ul class="links">${sessions.map((session) => sessionItem(session, forms))}</ul>
<div class="actions">
${sessions.length > 1 && button(forms.sessions, 'session', 'others', 'End all others')}
${button(forms.sessions, 'session', 'all', 'End all')}
</div>
<h2>What applications may do</h2>
${grants.length === 0 ? markup`<p class="muted">You have allowed nothing to any application.</p>` : markup`<ul class="links">${grants.map((grant) => grantItem(grant, forms))}</ul>`}`,
  });
};
