import { type Html, type HtmlValue, markup } from '#infra/html/html.ts';
import { alert, csrfField, signedIn, type Who } from './frame.ts';
import type { KeyLine } from './keys-page.ts';

/** What became of a line of text. */
export interface Outcome {
  readonly label: string;
  readonly text: string;
}

export interface KeyView {
  readonly who: Who;
  readonly key: KeyLine;
  readonly versions: readonly { readonly version: number; readonly state: string; readonly createdAt: string }[];
  /** The forms that the page offers: those that the user may send, and that the key in its state takes. */
  readonly offers: ReadonlySet<Offer>;
  readonly outcome?: Outcome;
  readonly problem?: string;
}

export const OFFERS = ['rotate', 'suspend', 'activate', 'encrypt', 'decrypt'] as const;
export type Offer = (typeof OFFERS)[number];

const BUTTONS = { rotate: 'Rotate', suspend: 'Suspend', activate: 'Activate' } as const;

const button = (name: keyof typeof BUTTONS, { who, key, offers }: KeyView): HtmlValue =>
  offers.has(name) &&
  markup`<form method="post" action="/ui/keys/${key.id}/${name}">${csrfField(who.csrfToken)}<button type="submit">${BUTTONS[name]}</button></form>`;

const TEXTS = {
  encrypt: { heading: 'Encrypt', label: 'Text to encrypt', maxLength: 4_096 },
  decrypt: { heading: 'Decrypt', label: 'Ciphertext to decrypt', maxLength: 16_384 },
} as const;

const textForm = (name: keyof typeof TEXTS, { who, key, offers }: KeyView): HtmlValue => {
  const { heading, label, maxLength } = TEXTS[name];
  return (
    offers.has(name) &&
    markup`<h2>${heading}</h2>
<form method="post" action="/ui/keys/${key.id}/${name}">
${csrfField(who.csrfToken)}
<label for="${name}-text">${label}</label>
<textarea id="${name}-text" name="text" rows="3" maxlength="${maxLength}" spellcheck="false" autocomplete="off" required></textarea>
<div class="actions"><button class="primary" type="submit">${heading}</button></div>
</form>`
  );
};

/** One elastic key: its versions, its states, and a line of text to try it with. */
export const keyPage = (view: KeyView): Html => {
  const { who, key, versions, outcome, problem } = view;
  return signedIn(who, {
    title: problem === undefined ? key.name : `Error: ${key.name}`,
    content: markup`<h1>${key.name}</h1>
${alert(problem)}
${
  outcome !== undefined &&
  markup`<div class="outcome" role="status"><h2 id="outcome">${outcome.label}</h2>
<textarea readonly rows="4" aria-labelledby="outcome" spellcheck="false">${outcome.text}</textarea></div>`
}
<dl>
<dt>Algorithm</dt><dd><code>${key.algorithm}</code></dd>
<dt>State</dt><dd>${key.state}</dd>
<dt>Id</dt><dd><code>${key.id}</code></dd>
</dl>
<div class="actions">${(['rotate', 'suspend', 'activate'] as const).map((name) => button(name, view))}</div>
${(['encrypt', 'decrypt'] as const).map((name) => textForm(name, view))}
<h2>Versions</h2>
<div class="scroll" role="region" aria-label="Versions" tabindex="0"><table>
<thead><tr><th scope="col">Version</th><th scope="col">State</th><th scope="col">Made</th></tr></thead>
<tbody>
${versions.map(({ version, state, createdAt }) => markup`<tr><th scope="row">${version}</th><td>${state}</td><td>${createdAt}</td></tr>\n`)}</tbody>
</table></div>`,
  });
};
