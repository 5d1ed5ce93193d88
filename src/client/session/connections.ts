import { readFile } from 'node:fs/promises';
import { readGuarded } from '#infra/files/guarded-file.ts';
import type { HttpsClient } from '#infra/http/client.ts';
import { createHttpsClient } from '#infra/http/client/create-https-client.ts';
import { ANSWER_MS } from '#infra/magic/limits.ts';
import { createSession, type Session, type SessionOptions } from './session.ts';

/** A client certificate with its chain, and its private key: PEM files. */
export interface ClientCertificate {
  readonly certFile: string;
  readonly keyFile: string;
}

export interface NewSession extends Omit<SessionOptions, 'client'> {
  /** Shown to every server; none where absent. */
  readonly certificate?: ClientCertificate;
}

/** TLS connections to servers whose certificates one CA vouches for. Disposal breaks off what is under way. */
export interface Connections extends AsyncDisposable {
  /**
   * A new session: it shares connections with the others, but no cookie.
   *
   * @throws a system error where a PEM file cannot be read
   */
  session(options?: NewSession): Promise<Session>;
}

/**
 * Opens nothing yet: each client certificate gets its TLS client when a session first asks for it.
 *
 * @param options.caFile PEM file with the root certificate; nothing else is trusted
 */
export const createConnections = ({ caFile }: { readonly caFile: string }): Connections => {
  const clients = new Map<string, Promise<HttpsClient>>();

  const connect = async (certificate: ClientCertificate | undefined): Promise<HttpsClient> => {
    const ca = await readFile(caFile, 'utf8');
    if (certificate === undefined) return createHttpsClient({ ca, timeoutMs: ANSWER_MS });
    const [cert, key] = await Promise.all([
      readFile(certificate.certFile, 'utf8'),
      readGuarded(certificate.keyFile, { purpose: 'a private key', links: true }),
    ]);
    return createHttpsClient({ ca, cert, key, timeoutMs: ANSWER_MS });
  };

  const clientFor = (certificate: ClientCertificate | undefined): Promise<HttpsClient> => {
    const name = certificate?.certFile ?? '';
    const known = clients.get(name);
    if (known !== undefined) return known;
    const made = connect(certificate);
    // A file that is not there yet may be there at the next call.
    made.catch(() => clients.delete(name));
    clients.set(name, made);
    return made;
  };

  return {
    session: async ({ certificate, ...options } = {}) => createSession({ ...options, client: await clientFor(certificate) }),
    [Symbol.asyncDispose]: async () => {
      const made = await Promise.allSettled(clients.values());
      await Promise.all(made.map((each) => (each.status === 'fulfilled' ? each.value[Symbol.asyncDispose]() : undefined)));
    },
  };
};
