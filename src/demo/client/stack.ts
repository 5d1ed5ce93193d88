import { readFile } from 'node:fs/promises';
import type { Endpoints, Engine, ServiceName } from '#engine/engine.ts';
import { failureFrom } from '#infra/apperr/result.ts';
import { createHttpsClient, type HttpsClient } from '#infra/http/client.ts';
import { createSession, type RequestNote, type Session, type SessionOptions } from './session.ts';

type Started = Awaited<ReturnType<Engine['up']>>;

/** `cli` is an operator's, for the admin listeners and the collector; `service` one of the KMS's own callers. */
type ClientCertificate = 'none' | 'cli' | 'service';

/** The running stack as a client sees it: its addresses, its CA, sessions to speak to it. */
export interface Stack extends AsyncDisposable {
  readonly endpoints: Endpoints;
  /** Starts every service of the run at the first call, and answers for this one; a second call for a service starts it anew. */
  start(service: ServiceName): Promise<Started>;
  /** A fresh browser-like session that shows this client certificate, by default none. */
  session(options?: { readonly certificate?: ClientCertificate } & Partial<Omit<SessionOptions, 'client' | 'note'>>): Promise<Session>;
  /** The browser of one person: its cookies last for the whole run, so whoever logged in stays logged in. */
  browser(person: string): Promise<Session>;
}

export interface StackOptions {
  readonly engine: Engine;
  readonly services: readonly ServiceName[];
  readonly signal: AbortSignal;
  readonly note?: (request: RequestNote) => void;
}

/** Milliseconds for one request: a log-in is slow on purpose, and several at once on a busy machine wait for each other. */
const REQUEST_MS = 15_000;

/** One TLS client for each client certificate, made when first asked for, shared by all sessions. */
export const createStack = ({ engine, services, signal, note = () => {} }: StackOptions): Stack => {
  const endpoints = engine.endpoints();
  const begun = new Set<ServiceName>();
  const pending = new Map<ServiceName, Promise<Started>>();
  const browsers = new Map<string, Session>();
  const clients = new Map<ClientCertificate, Promise<HttpsClient>>();

  const up = (service: ServiceName): Promise<Started> => {
    begun.add(service);
    return engine.up(service, signal).catch((thrown: unknown) => ({ ok: false, error: failureFrom(thrown) }));
  };

  const start = (service: ServiceName): Promise<Started> => {
    for (const each of services) if (!begun.has(each)) pending.set(each, up(each));
    const first = pending.get(service);
    pending.delete(service);
    return first ?? up(service);
  };

  const connect = async (certificate: ClientCertificate): Promise<HttpsClient> => {
    const ca = await readFile(endpoints.caFile, 'utf8');
    if (certificate === 'none') return createHttpsClient({ ca, timeoutMs: REQUEST_MS });
    const { certFile, keyFile } = certificate === 'cli' ? endpoints.client : endpoints.serviceClient;
    const [cert, key] = await Promise.all([readFile(certFile, 'utf8'), readFile(keyFile, 'utf8')]);
    return createHttpsClient({ ca, cert, key, timeoutMs: REQUEST_MS });
  };

  const clientFor = (certificate: ClientCertificate): Promise<HttpsClient> => {
    const known = clients.get(certificate);
    if (known !== undefined) return known;
    const made = connect(certificate);
    made.catch(() => clients.delete(certificate));
    clients.set(certificate, made);
    return made;
  };

  return {
    endpoints,
    start,
    browser: async (person) => {
      const known = browsers.get(person) ?? createSession({ client: await clientFor('none'), note, signal });
      browsers.set(person, known);
      return known;
    },
    session: async ({ certificate = 'none', ...rest } = {}) =>
      createSession({ client: await clientFor(certificate), note, signal, ...rest }),
    [Symbol.asyncDispose]: async () => {
      const made = await Promise.allSettled(clients.values());
      await Promise.all(made.map((each) => (each.status === 'fulfilled' ? each.value[Symbol.asyncDispose]() : undefined)));
    },
  };
};
