import { randomUUIDv7 } from 'node:crypto';
import { isCanonicalUuid } from '#infra/magic/uuid.ts';
import type { PublicJwk } from '#kms/jose/key-material.ts';
import type { Call } from './key-routes.ts';
import { wrapFor } from './wrapped-keys.ts';

/**
 * An elastic key with a key that was made elsewhere, over HTTP.
 *
 * @param of.jwk the private or secret key
 * @param of.kid of what the key protected elsewhere; a new id by default
 * @returns the id of the elastic key, and the kid
 */
export const importedKey = async (
  call: Call,
  of: { readonly create: Readonly<Record<string, unknown>>; readonly jwk: Readonly<Record<string, string>>; readonly kid?: string },
): Promise<{ readonly id: string; readonly kid: string }> => {
  const made = await call('POST', '', { name: `key-${randomUUIDv7()}`, origin: 'external', ...of.create });
  const id = String(made.body['id']);
  const { transport_key_id: transportKeyId, public_jwk: publicJwk } = (await call('GET', `${id}/import-parameters?wrapping=ECDH_ES_A256KW`))
    .body as { transport_key_id: string; public_jwk: PublicJwk };
  const wrapped = await wrapFor({ wrapping: 'ECDH_ES_A256KW', publicJwk, transportKeyId }, Buffer.from(JSON.stringify(of.jwk)));
  const answer = await call('POST', `${id}/import`, {
    transport_key_id: transportKeyId,
    wrapped_key: wrapped,
    format: 'jwk',
    ...(of.kid !== undefined && (isCanonicalUuid(of.kid) ? { material_key_id: of.kid } : { kid: of.kid })),
  });
  if (answer.status !== 201) throw new Error(`the import was refused: ${JSON.stringify([made.body, answer.body])}`);
  return { id, kid: String(answer.body['id']) };
};
