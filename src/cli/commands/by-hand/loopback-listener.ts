import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { AppError } from '#infra/apperr/app-error.ts';
import { PAGE_POLICY, returnedPage } from './returned-page.ts';

/** The path of the redirect URI, as clients of the demo have it registered. */
const PATH = '/callback';

const NOT_HERE = returnedPage('There is nothing here', 'passthru waits at this port for a browser that comes back from a log-in.');
const NOT_OURS = returnedPage('Not this log-in', 'This is not the log-in that passthru waits for. Use the address that it printed last.');

/** A browser that came back from Identity, and waits for a page. */
export interface Returned {
  /** The redirect URI with what Identity added to it. */
  readonly callback: URL;
  /** Answers the browser, once; nothing else is sent to it. */
  answer(page: string): void;
}

export interface LoopbackListener extends AsyncDisposable {
  /** For the authorization request: this address with this port. */
  readonly redirectUri: string;
  /**
   * The browser that comes back with this state. Anything else that asks here gets 400 or 404, and the wait goes on.
   *
   * @throws AppError `log-in-timeout`; the reason of the signal
   */
  returned(state: string, options: { readonly timeoutMs: number; readonly signal: AbortSignal }): Promise<Returned>;
}

/**
 * Listens on the loopback for the redirect of an authorization request, as a native application does: on a port of the system's choice, for
 * one visit, by GET.
 *
 * @see RFC 8252 section 7.3
 */
export const listenOnLoopback = async (): Promise<LoopbackListener> => {
  let waiting: { readonly state: string; readonly found: (returned: Returned) => void } | null = null;
  const server = createServer((request, response) => {
    const url = URL.parse(request.url ?? '', origin());
    if (url === null || url.pathname !== PATH || request.method !== 'GET') return send(response, 404, NOT_HERE);
    if (waiting === null || url.searchParams.get('state') !== waiting.state) return send(response, 400, NOT_OURS);
    waiting.found({ callback: url, answer: (page) => send(response, 200, page) });
    waiting = null;
  });
  // A page of our own has no use for a connection that stays.
  server.keepAliveTimeout = 1;
  server.listen({ host: '127.0.0.1', port: 0 });
  await once(server, 'listening');
  const origin = (): string => {
    const address = server.address();
    return `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
  };
  return {
    redirectUri: `${origin()}${PATH}`,
    returned: async (state, { timeoutMs, signal }) => {
      const { promise, resolve, reject } = Promise.withResolvers<Returned>();
      waiting = { state, found: resolve };
      const onAbort = (): void => reject(signal.reason as Error);
      const timer = setTimeout(() => reject(tooLate(timeoutMs)), timeoutMs);
      signal.addEventListener('abort', onAbort, { once: true });
      if (signal.aborted) onAbort();
      return promise.finally(() => {
        clearTimeout(timer);
        signal.removeEventListener('abort', onAbort);
        waiting = null;
      });
    },
    [Symbol.asyncDispose]: async () => {
      server.close();
      server.closeIdleConnections();
      await once(server, 'close', { signal: AbortSignal.timeout(CLOSE_MS) }).catch(() => server.closeAllConnections());
    },
  };
};

/** For the last page to reach the browser. */
const CLOSE_MS = 500;

const tooLate = (timeoutMs: number): AppError =>
  new AppError('log-in-timeout', 504, `waited ${Math.round(timeoutMs / 1_000)} s for a browser to come back from the log-in`, {
    fix: 'Run the demo again and open the address that it prints; without --browser it logs in by itself.',
  });

const send = (response: ServerResponse, status: number, page: string): void => {
  response.writeHead(status, {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'content-security-policy': PAGE_POLICY,
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    connection: 'close',
  });
  response.end(page);
};
