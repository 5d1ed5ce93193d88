import { createHmac, createSecretKey, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { ClientRecord } from '#identity/clients/client.ts';
import type { ShownSecret } from '../seams/client-secret.ts';
import type { Clients } from '#identity/clients/clients.ts';

/** How long a connection is believed by its header, counted from the last time that the secret was verified. */
const PROVED_MS = 60_000;
/** Headers that ask for something beside what the form says, or bring another proof. */
const NOT_PLAIN = ['dpop', 'origin', 'oauth-client-attestation', 'oauth-client-attestation-pop', 'content-encoding'];

/** An answer as a JWT is asked for by its media type. @see RFC 9701 section 4 */
const isPlain = (headers: IncomingHttpHeaders): boolean =>
  NOT_PLAIN.every((name) => headers[name] === undefined) && headers.accept?.toLowerCase().includes('jwt') !== true;

/** Whether a header holds the secret itself: beside any other one, an empty one too, the secret stood in the form. @see RFC 6749 section 2.3.1 */
const holdsSecret = (authorization: string | undefined): authorization is string => /^basic ./i.test(authorization ?? '');

/** The client of a request by the connection that it came over. */
export interface ProvedClients {
  /** Verifies a secret, and remembers for the connection that its header has proved the client. */
  verifySecret(clientId: string, secret: string, shown: ShownSecret): Promise<boolean>;
  /**
   * The client that this connection has proved with this header within the last minute, as it is now; undefined where it has changed its
   * secret since, is gone, or has proved nothing.
   */
  find(connection: object, headers: IncomingHttpHeaders): Promise<ClientRecord | undefined>;
}

/**
 * Only who spoke on a connection before can be known by it, so a guess at another's secret learns nothing here, and pays as it would
 * without. No secret is kept, only an HMAC-SHA-256 of the header, under a key that lives and dies with the process, and that as long as
 * the connection.
 *
 * @param options.elapsed milliseconds of a clock that never goes back
 */
export const createProvedClients = (clients: Pick<Clients, 'look' | 'verifySecret'>, elapsed: () => number): ProvedClients => {
  const key = createSecretKey(randomBytes(32));
  const tagOf = (header: string): Buffer => createHmac('sha256', key).update(header).digest();
  const proofs = new WeakMap<
    object,
    { readonly tag: Buffer; readonly clientId: string; readonly secretVersion: string; readonly until: number }
  >();
  return {
    verifySecret: async (clientId, secret, shown) => {
      const { connection, authorization } = shown;
      if (connection === undefined || !holdsSecret(authorization)) return clients.verifySecret(clientId, secret, shown.address);
      // Before the secret is verified: what changes meanwhile makes the proof worthless, and never one of the new secret.
      const before = await clients.look(clientId);
      const isRight = await clients.verifySecret(clientId, secret, shown.address);
      if (isRight && before !== undefined)
        proofs.set(connection, { tag: tagOf(authorization), clientId, secretVersion: before.secretVersion, until: elapsed() + PROVED_MS });
      return isRight;
    },
    find: async (connection, headers) => {
      const proof = proofs.get(connection);
      const { authorization } = headers;
      if (proof === undefined || authorization === undefined || proof.until <= elapsed()) return undefined;
      if (!isPlain(headers) || !timingSafeEqual(proof.tag, tagOf(authorization))) return undefined;
      const found = await clients.look(proof.clientId);
      if (found?.secretVersion !== proof.secretVersion || !found.client.authMethod.startsWith('client_secret_')) return undefined;
      return found.client;
    },
  };
};
