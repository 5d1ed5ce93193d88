import { AppError } from '#infra/apperr/app-error.ts';
import type { HttpsResponse } from '#infra/http/client.ts';
import { parseForms } from './forms.ts';
import { problemOf } from '../problem.ts';
import type { Session } from '#client/session/session.ts';

/** The end of a walk through pages. */
export interface Walk {
  /** The redirect back to the client, null when a page was the end. */
  readonly callback: URL | null;
  /** The answer to the first request. */
  readonly first: HttpsResponse;
  /** The last page or answer. */
  readonly last: HttpsResponse;
  /** First path segment of each page with a form that was filled in, for example `['login', 'consent']`. */
  readonly pages: readonly string[];
  /** Those pages. */
  readonly filledIn: readonly HttpsResponse[];
}

export interface WalkOptions {
  readonly session: Session;
  readonly url: string | URL;
  /** The walk ends at a redirect to this URI. */
  readonly redirectUri: string;
  /** Typed into a page that asks for a password; without it such a page is the end. */
  readonly account?: { readonly username: string; readonly password: string };
}

const MAX_HOPS = 12;

/**
 * Walks redirects and forms as a person with a browser would: types in the account once, presses the first button of each form. A page that
 * asks for a one-time code is the end.
 *
 * @throws AppError `redirect-loop` where it does not end
 */
export const walk = async ({ session, url, redirectUri, account }: WalkOptions): Promise<Walk> => {
  const pages: string[] = [];
  const filledIn: HttpsResponse[] = [];
  let typed = false;
  let at = new URL(url);
  const first = await session.get(at);
  let last = first;
  for (let hop = 0; hop < MAX_HOPS; hop += 1) {
    const location = last.headers['location'];
    if (location !== undefined && last.status >= 300 && last.status < 400) {
      at = new URL(location, at);
      if (at.href.startsWith(redirectUri)) return { callback: at, first, last, pages, filledIn };
      last = await session.get(at);
      continue;
    }
    const form = last.status === 200 ? parseForms(last.text)[0] : undefined;
    if (form === undefined || form.method !== 'POST') return { callback: null, first, last, pages, filledIn };
    // Nobody here has the app.
    if (form.asksForCode) return { callback: null, first, last, pages, filledIn };
    const [password] = form.passwords;
    if (password !== undefined && (account === undefined || typed)) return { callback: null, first, last, pages, filledIn };
    pages.push(at.pathname.split('/')[1] ?? '');
    filledIn.push(last);
    const typing: Record<string, string> =
      password === undefined || account === undefined ? {} : { username: account.username, [password]: account.password };
    typed ||= password !== undefined;
    at = new URL(form.action, at);
    last = await session.post(at, { ...form.fields, ...typing }, { origin: at.origin, 'sec-fetch-site': 'same-origin' });
  }
  throw new AppError('redirect-loop', 502, `gave up at ${at.origin}${at.pathname} after ${MAX_HOPS} hops`);
};

/** Whether a walk ended at a page that asks for a password. */
export const asksForPassword = ({ callback, last }: Walk): boolean =>
  callback === null && parseForms(last.text).some(({ passwords }) => passwords.length > 0);

/** The callback of a walk that must end at the client. @throws AppError `no-callback`, with the error or the title of the last page */
export const callbackOf = ({ callback, last, pages }: Walk): URL => {
  if (callback !== null) return callback;
  const { error, error_description: description } = problemOf(last);
  const said = error === undefined ? titleOf(last.text) : `${error}: ${description ?? ''}`;
  throw new AppError(
    'no-callback',
    last.status,
    `the log-in ended at a page instead of the client after ${pages.join(' → ') || 'no form'}: ${said}`,
  );
};

const titleOf = (page: string): string => /<title>([^<]*)<\/title>/i.exec(page)?.[1]?.trim() ?? 'a page without a title';
