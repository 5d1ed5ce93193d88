import { generateKeyPairSync, randomBytes } from 'node:crypto';
import type { ApiExamples } from '#kms/api/openapi/examples.ts';
import type { Caller } from '#kms/caller.ts';
import { readRecipient } from '#kms/jose/received/recipient.ts';
import { wrapTo } from '#kms/jose/transport/wrappings.ts';
import type { Keys } from '#kms/keys/keys.ts';

/**
 * The examples of the import: a new AES key, wrapped for this reader to a transport key of his, which opens it once.
 *
 * @param id of an elastic key of external origin
 */
export const importExamples = async (
  transfer: Pick<Keys['transfer'], 'importParameters'>,
  caller: Caller,
  id: string,
): Promise<ApiExamples> => {
  const { transportKeyId, publicJwk } = await transfer.importParameters(caller, id, { wrapping: 'ECDH_ES_A256KW' });
  const { wrapped } = await wrapTo(readRecipient({ ...publicJwk }), randomBytes(32));
  const value = { transport_key_id: transportKeyId, wrapped_key: wrapped };
  return {
    getImportParameters: { path: { id } },
    importKey: { path: { id }, bodies: { demo: { summary: 'A new AES key, wrapped for you; it can be imported once', value } } },
  };
};

/**
 * The example of the export: for a recipient whose private key is thrown away here, so that nobody who asks for it as it stands gives a
 * key to somebody else.
 *
 * @param id of an exportable elastic key
 */
export const exportExamples = (id: string): ApiExamples => {
  const value = { recipient_jwk: { ...generateKeyPairSync('x25519').publicKey.export({ format: 'jwk' }) } };
  return {
    exportKey: { path: { id }, bodies: { demo: { summary: 'For a key of X25519 that nobody has; put yours in its place', value } } },
  };
};
