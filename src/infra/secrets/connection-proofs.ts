import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/** A log-in that was found right: the account, the password, and the stored hash that it was held against. */
interface Proved {
  readonly name: string;
  readonly password: string;
  readonly stored: string;
}

/**
 * The log-in that each connection proved last, so that its next requests cost one HMAC. Only who spoke on a connection before can be known
 * by it, so a guess at another's password learns nothing here, and pays as it would without.
 */
export interface ConnectionProofs {
  has(connection: object, login: Proved): boolean;
  remember(connection: object, login: Proved): void;
}

/**
 * It holds no password, only an HMAC-SHA-256 under a key that lives and dies with the process, and that as long as the connection.
 * A changed stored hash is another log-in.
 *
 * @param options.ttlMs life of a proof in milliseconds
 * @param options.elapsed milliseconds of a clock that never goes back
 */
export const createConnectionProofs = (options: { readonly ttlMs: number; readonly elapsed: () => number }): ConnectionProofs => {
  const { ttlMs, elapsed } = options;
  const key = randomBytes(32);
  const proofs = new WeakMap<object, { readonly tag: Buffer; readonly until: number }>();
  const tagOf = ({ name, password, stored }: Proved): Buffer =>
    createHmac('sha256', key)
      .update(JSON.stringify([name, password, stored]))
      .digest();
  return {
    has: (connection, login) => {
      const proof = proofs.get(connection);
      return proof !== undefined && proof.until > elapsed() && timingSafeEqual(proof.tag, tagOf(login));
    },
    remember: (connection, login) => void proofs.set(connection, { tag: tagOf(login), until: elapsed() + ttlMs }),
  };
};
