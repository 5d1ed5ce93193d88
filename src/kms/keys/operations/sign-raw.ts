import { Type } from 'typebox';
import { strictObject } from '#infra/config/schema.ts';
import type { App } from '#infra/http/server.ts';
import type { Action } from '#kms/action.ts';
import type { Caller } from '#kms/caller.ts';
import { encodeBase64url } from '#kms/jose/encoding/base64url.ts';
import type { SignatureEncoding } from '#kms/jose/families/signature.ts';
import { type Message, signRaw } from '#kms/jose/raw.ts';
import { createDigestTurns, type DigestTurns } from './digest-turns.ts';
import { countProtection, keyInUse } from './key-in-use.ts';
import type { OperationOptions } from './operation.ts';
import { registerOperation } from './register-operation.ts';
import { checkedEncoding, encodingField, messageFields, messageOf } from './raw-message.ts';
import { examplePlaintext, materialKeyId } from './schemas.ts';

const action = { name: 'sign-raw', scope: 'kms:sign', mode: 'use' } as const satisfies Action;

/** A signature over bytes, its encoding where the algorithm has a choice, and the material key that made it. */
interface SignedBytes {
  readonly signature: Uint8Array;
  readonly encoding: SignatureEncoding | null;
  readonly materialKeyId: string;
}

type SignRaw = (
  caller: Caller,
  key: string,
  input: { readonly message: Message; readonly encoding?: SignatureEncoding },
) => Promise<SignedBytes>;

/**
 * Signs bytes as they are with the newest material key.
 *
 * @throws AppError `digest-signing-busy` 429
 */
export const createSignRaw = ({ operate, now }: OperationOptions, digests: DigestTurns = createDigestTurns()): SignRaw => {
  const madeOf = (tenantId: string, options: Parameters<typeof signRaw>[0]) =>
    'digest' in options.message ? digests.take(tenantId, () => signRaw(options)) : signRaw(options);
  return (caller, key, { message, encoding: wanted }) =>
    operate(caller, action, { key }, async (use) => {
      const inUse = await keyInUse(use, 'sign-raw', now());
      const { newest, algorithm } = inUse;
      const encoding = checkedEncoding(algorithm, { message, encoding: wanted });
      await countProtection(use, inUse);
      const signature = await madeOf(use.tenant.id, { algorithm, key: newest.protecting, message, encoding });
      return { signature, encoding, materialKeyId: newest.id };
    });
};

const body = strictObject(
  { ...messageFields, encoding: Type.Optional(encodingField) },
  { examples: [{ payload: examplePlaintext, encoding: 'der' }] },
);

const answer = Type.Object({
  signature: Type.String({ description: 'base64url' }),
  encoding: Type.Optional(encodingField),
  material_key_id: materialKeyId,
});

export const registerSignRaw = (app: App, path: string, signRawBytes: SignRaw): void => {
  registerOperation(app, path, {
    action,
    summary: 'Sign bytes',
    description:
      'Signs bytes as they are, without a JWS around them, with a key of the use `sign-raw`. Keep `material_key_id` beside the signature: verifying takes it.',
    body,
    answer,
    run: async (caller, key, { encoding: wanted, ...content }) => {
      const message = messageOf(content);
      const made = await signRawBytes(caller, key, { message, ...(wanted && { encoding: wanted }) });
      const { signature, encoding, materialKeyId: kid } = made;
      return { signature: encodeBase64url(signature), ...(encoding && { encoding }), material_key_id: kid };
    },
  });
};
