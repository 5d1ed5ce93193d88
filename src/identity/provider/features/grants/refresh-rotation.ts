import { createHmac } from 'node:crypto';
import { errors } from 'oidc-provider';
import type { RotatedToken } from '../../seams/refresh-rotation.ts';
import type { Rotations } from '../../store/rotations.ts';

/**
 * Rotation of refresh tokens, with a grace for an answer that was lost on its way (decision 0049). The successor of a token is derived from
 * it and from a secret of the server, so a repetition gets the same one and nothing of it has to be kept: a family never has two branches.
 *
 * @param options.keys the cookie keys, newest first, from which those of the derivation are made; of replicas with different ones, the
 *   older derives the successor that the newer gave, or ends the family
 * @param options.graceSeconds 0 ends the family at every second use
 * @see RFC 9700 section 4.14.2
 */
export const createRefreshRotation = (options: {
  readonly store: Rotations;
  readonly keys: readonly string[];
  readonly graceSeconds: number;
}): ((token: RotatedToken) => Promise<string>) => {
  const { store, graceSeconds } = options;
  const keys = options.keys.map((key) => createHmac('sha256', key).update('passthru successors of refresh tokens').digest());
  return async ({ jti, jkt }) => {
    const [newest = '', ...older] = keys.map((key) => createHmac('sha256', key).update(jti).digest('base64url'));
    const graceMs = jkt === undefined ? graceSeconds * 1000 : 0;
    const successor = await store.rotate(jti, { successors: [newest, ...older], graceMs });
    if (successor === undefined) throw new errors.InvalidGrant('it was used before; the whole grant is revoked');
    return successor;
  };
};
