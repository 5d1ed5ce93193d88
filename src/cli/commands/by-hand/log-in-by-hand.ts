import type { LogInByHand } from '#demo/step/step.ts';
import { browserOf, openIn, type Surroundings } from '../open/browser.ts';
import { listenOnLoopback, type Returned } from './loopback-listener.ts';
import { returnedPage } from './returned-page.ts';

/** A person reads, types a password, and looks at what is asked; milliseconds. */
const PATIENCE_MS = 5 * 60_000;

export interface LogInByHandOptions {
  readonly surroundings: Surroundings;
  /** Hears a line for the person. */
  readonly tell: (text: string) => void;
  readonly patienceMs?: number;
}

/**
 * Log-in by a person, as a native application does it (RFC 8252): the system's browser is sent to Identity, a listener on the loopback waits
 * for its redirect, and the browser ends on a page that says how it went.
 */
export const createLogInByHand = (options: LogInByHandOptions): LogInByHand => {
  const { surroundings, tell, patienceMs = PATIENCE_MS } = options;
  const browser = browserOf(surroundings);
  return {
    begin: async () => {
      const listener = await listenOnLoopback();
      let returned: Returned | null = null;
      const answer = (title: string, text: string): void => {
        returned?.answer(returnedPage(title, text));
        returned = null;
      };
      return {
        redirectUri: listener.redirectUri,
        visit: async (url, signal) => {
          const coming = listener.returned(url.searchParams.get('state') ?? '', { timeoutMs: patienceMs, signal });
          // It may end while a browser is looked for.
          coming.catch(() => undefined);
          const why = browser.reason ?? (await openIn(browser, url.href, surroundings));
          tell(invitation(url, why));
          returned = await coming;
          return returned.callback;
        },
        tell: answer,
        [Symbol.asyncDispose]: async () => {
          answer('This did not go well', 'passthru could not use the answer of Identity; its output says why. This tab can be closed.');
          await listener[Symbol.asyncDispose]();
        },
      };
    },
  };
};

/** The address stands on a line of its own, however long it is: a person copies it. */
const invitation = (url: URL, why: string | null): string =>
  [
    '',
    why === null ? '  A browser shows this address:' : `  Open this address in a browser (${why}):`,
    '',
    `  ${url.href}`,
    '',
    '  Log in as demo-user with the password demo-user-password, and allow what the page asks for.',
    '  A browser that does not trust the CA warns first; `passthru trust --install` mends that.',
    '',
  ].join('\n');
