import { type Html, markup } from '#infra/html/html.ts';
import { layout } from '../layout.ts';

/** Shows new recovery codes, which nobody can show again. */
export const recoveryCodesPage = ({ codes }: { readonly codes: readonly string[] }): Html =>
  layout({
    title: 'Recovery codes',
    ways: [{ href: '/account', text: 'I have written them down' }],
    content: markup`<h1>Recovery codes</h1>
<p>Each logs you in once, after your password, where your second factor is lost. Print them or write them down: they are shown this once.</p>
<ul class="links">${codes.map((code) => markup`<li><code>${code}</code></li>`)}</ul>`,
  });
