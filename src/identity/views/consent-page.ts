import { type Html, markup } from '#infra/html/html.ts';
import { layout } from './layout.ts';
import { scopeWords } from './scope-words.ts';

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
  readonly resources: readonly ConsentResource[];
  /** Host that the browser goes to afterwards. */
  readonly returnTo: string;
}

const scopeList = (scopes: readonly string[]) =>
  markup`<ul class="scopes">${scopes.map((scope) => markup`<li>${scopeWords(scope)}<code>${scope}</code></li>`)}</ul>`;

/** Asks whether the client may have what it asks for; `decision` is `allow` or `deny`. */
export const consentPage = ({ action, csrfToken, clientName, username, scopes, resources, returnTo }: ConsentView): Html =>
  layout({
    title: 'Allow access',
    content: markup`<h1>Allow access?</h1>
<p><strong>${clientName}</strong> asks for access. You are logged in as <strong>${username}</strong>.</p>
${scopes.length > 0 && markup`<h2>Your account</h2>${scopeList(scopes)}`}
${resources.map(
  ({ name, resource, scopes: wanted }) => markup`<h2>${name}</h2>
<small>Resource <code>${resource}</code></small>
${wanted.length > 0 ? scopeList(wanted) : markup`<p>No permission</p>`}`,
)}
<p class="muted">You will return to <code>${returnTo}</code></p>
<form method="post" action="${action}">
<input type="hidden" name="_csrf" value="${csrfToken}">
<div class="actions">
<button class="primary" type="submit" name="decision" value="allow">Allow</button>
<button type="submit" name="decision" value="deny">Deny</button>
</div>
</form>`,
  });
