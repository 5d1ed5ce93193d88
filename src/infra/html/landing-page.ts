import { htmlDocument } from './document.ts';
import { type Html, markup } from './html.ts';
import { ICON_PATH, STYLESHEET_URL } from './look.ts';

/** What stands at the root of a server: what it is, and where to go on from there. */
export interface Landing {
  /** For example `passthru KMS`. */
  readonly product: string;
  /** A sentence. */
  readonly purpose: string;
  readonly links: readonly LandingLink[];
  /** A sentence for whoever meets the demo. */
  readonly demo?: string;
  /** Who can log in to the demo. Only for people: programs get no list of passwords. */
  readonly demoAccounts?: readonly PublicAccount[];
}

export interface LandingLink {
  /** Path on the same server. */
  readonly path: string;
  readonly title: string;
  /** What is found there, in a few words. */
  readonly about: string;
}

/** An account that everybody may know. */
export interface PublicAccount {
  readonly username: string;
  readonly password: string;
  /** Who that is, in a few words. */
  readonly about: string;
}

const accountList = (accounts: readonly PublicAccount[]): Html => markup`<h2>Demo accounts</h2>
<ul class="links">
${accounts.map(
  ({ username, password, about }) =>
    markup`<li><strong>${username}</strong><span>${about}</span><span>Password <code>${password}</code></span></li>\n`,
)}</ul>`;

export const landingPage = ({ product, purpose, links, demo, demoAccounts = [] }: Landing): Html =>
  htmlDocument({
    title: product,
    icon: ICON_PATH,
    stylesheet: STYLESHEET_URL,
    content: markup`<h1>${product}</h1>
<p>${purpose}</p>
<ul class="links">
${links.map(({ path, title, about }) => markup`<li><a href="${path}">${title}</a><span>${about}</span></li>\n`)}</ul>
${demoAccounts.length > 0 && accountList(demoAccounts)}
${demo !== undefined && markup`<p class="muted">${demo}</p>`}`,
  });
