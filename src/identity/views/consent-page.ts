import { type Html, markup } from '#infra/html/html.ts';
import { layout } from './layout.ts';
import { claimWords, scopeWords } from './scope-words.ts';

/** A resource server and the scopes that are asked of it. */
export interface ConsentResource {
  /** Name for people, for example `Key management service`. */
  readonly name: string;
  /** RFC 8707 resource indicator. */
  readonly resource: string;
  readonly scopes: readonly string[];
}

export interface ConsentView {
  /** Path that the form is posted to. */
  readonly action: string;
  readonly csrfToken: string;
  readonly clientName: string;
  readonly username: string;
  /** The scopes of Identity itself: `openid`, `profile` and so on. */
  readonly scopes: readonly string[];
  /** Claims that are asked for by name, beside those of the scopes. */
  readonly claims?: readonly string[];
  readonly resources: readonly ConsentResource[];
  /** Origin that the browser goes to afterwards; null where a device waits for the answer. */
  readonly returnTo: string | null;
  readonly remembered: {
    /** Whether the same question is asked at every log-in. */
    readonly askedAgain: boolean;
    /** Days that the client may go on for after its person has logged out; null where its access ends with the session. */
    readonly daysAway: number | null;
  };
}

const ofScope = (scope: string) => markup`<li>${scopeWords(scope)}<code>${scope}</code></li>`;
const ofClaim = (claim: string) => markup`<li>${claimWords(claim)}<code>${claim}</code></li>`;
const listOf = (items: readonly Html[]) => markup`<ul class="scopes">${items}</ul>`;

const memoryOf = (clientName: string, { askedAgain, daysAway }: ConsentView['remembered']): string =>
  [
    askedAgain ? 'You are asked this at every log-in.' : 'While you stay logged in here, you are not asked for the same again.',
    daysAway === null
      ? `The access of ${clientName} ends when you log out.`
      : `${clientName} keeps its access for at most ${daysAway} days, also when you have logged out.`,
  ].join(' ');

/** Asks whether the client may have what it asks for; `decision` is `allow`, `deny` or `other-account`. */
export const consentPage = (view: ConsentView): Html => {
  const { action, csrfToken, clientName, username, scopes, claims = [], resources, returnTo, remembered } = view;
  return layout({
    title: 'Allow access',
    content: markup`<h1>Allow access?</h1>
<p><strong>${clientName}</strong> asks for access${returnTo === null && ', for the device that showed you the code'}.</p>
<p>You are logged in as <strong>${username}</strong>.</p>
<form method="post" action="${action}">
<input type="hidden" name="_csrf" value="${csrfToken}">
${scopes.length + claims.length > 0 && markup`<h2>Your account</h2>${listOf([...scopes.map(ofScope), ...claims.map(ofClaim)])}`}
${resources.map(
  ({ name, resource, scopes: wanted }) => markup`<h2>${name}</h2>
<small>Resource <code>${resource}</code></small>
${wanted.length > 0 ? listOf(wanted.map(ofScope)) : markup`<p>No permission</p>`}`,
)}
<p class="muted">${memoryOf(clientName, remembered)}</p>
<p class="muted">${returnTo === null ? 'Then go back to your device.' : markup`You will return to <code>${returnTo}</code>`}</p>
<div class="actions">
<button class="primary" type="submit" name="decision" value="allow">Allow</button>
<button type="submit" name="decision" value="deny">Deny</button>
</div>
<p class="aside"><button class="link" type="submit" name="decision" value="other-account">Not you? Log in with another account</button></p>
</form>`,
  });
};
