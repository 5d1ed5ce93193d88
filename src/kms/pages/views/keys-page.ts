import { type Html, markup } from '#infra/html/html.ts';
import { alert, csrfField, signedIn, type Who } from './frame.ts';

export interface KeyLine {
  readonly id: string;
  readonly name: string;
  readonly algorithm: string;
  readonly state: string;
  readonly version: number;
}

export interface KeysView {
  readonly who: Who;
  readonly keys: readonly KeyLine[];
  /** Path of the next page; null on the last one. */
  readonly next: string | null;
  /** Algorithms to choose from; none where the user may not make keys. */
  readonly algorithms: readonly { readonly name: string; readonly summary: string }[];
  /** The name that was typed for a key that was refused. */
  readonly name?: string;
  readonly problem?: string;
}

const table = (keys: readonly KeyLine[]): Html => markup`<div class="scroll" role="region" aria-label="Keys" tabindex="0"><table>
<thead><tr><th scope="col">Name</th><th scope="col">Algorithm</th><th scope="col">State</th><th scope="col">Version</th></tr></thead>
<tbody>
${keys.map(
  ({ id, name, algorithm, state, version }) =>
    markup`<tr><th scope="row"><a href="/ui/keys/${id}">${name}</a></th><td><code>${algorithm}</code></td><td>${state}</td><td>${version}</td></tr>\n`,
)}</tbody>
</table></div>`;

/** The elastic keys of the tenant, and a form for one more. */
export const keysPage = ({ who, keys, next, algorithms, name, problem }: KeysView): Html =>
  signedIn(who, {
    title: problem === undefined ? 'Keys' : 'Error: keys',
    content: markup`<h1>Keys</h1>
${alert(problem)}
${keys.length === 0 ? markup`<p>There is no key yet.</p>` : table(keys)}
${next !== null && markup`<p><a href="${next}">More keys</a></p>`}
${
  algorithms.length > 0 &&
  markup`<h2>New key</h2>
<form method="post" action="/ui/keys">
${csrfField(who.csrfToken)}
<label for="name">Name</label>
<input id="name" name="name" type="text" value="${name ?? ''}" autocapitalize="none" autocomplete="off" spellcheck="false" maxlength="128" pattern="[A-Za-z0-9][A-Za-z0-9._\\-]*" required aria-describedby="name-form">
<small id="name-form">Letters, digits, dots, hyphens and underscores.</small>
<label for="algorithm">Algorithm</label>
<select id="algorithm" name="algorithm">${algorithms.map((each) => markup`<option value="${each.name}">${each.name}: ${each.summary}</option>`)}</select>
<div class="actions"><button class="primary" type="submit">Create</button></div>
</form>`
}`,
  });
