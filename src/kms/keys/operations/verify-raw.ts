import { Type } from 'typebox';
import { strictObject } from '#infra/config/schema.ts';
import type { App } from '#infra/http/server.ts';
import type { Action } from '#kms/action.ts';
import type { Caller } from '#kms/caller.ts';
import type { SignatureEncoding } from '#kms/jose/families/signature.ts';
import { keyInUse } from './key-in-use.ts';
import type { OperationOptions } from './operation.ts';
import { registerOperation } from './register-operation.ts';
import { checkedEncoding, claimed, claimedBytes, claimedKid, encodingField, messageFields, messageOf } from './raw-message.ts';
import { type Claim, verifyBytes } from './verify-bytes.ts';

const action = { name: 'verify-raw', scope: 'kms:verify', mode: 'use' } as const satisfies Action;

type VerifyRaw = (
  caller: Caller,
  key: string,
  input: Omit<Claim, 'encoding'> & { readonly encoding?: SignatureEncoding },
) => Promise<{ readonly isValid: boolean }>;

/** `false` for every cause that lies in the signature or the kid, and each takes as long as a wrong signature. */
export const createVerifyRaw =
  ({ operate, now }: OperationOptions): VerifyRaw =>
  (caller, key, { encoding, ...claim }) =>
    operate(caller, action, { key }, async (use) => {
      const used = await keyInUse(use, 'verify-raw', now());
      return verifyBytes(use, used, { ...claim, encoding: checkedEncoding(used.algorithm, { message: claim.message, encoding }) });
    });

export const registerVerifyRaw = (app: App, path: string, verifyRaw: VerifyRaw): void => {
  registerOperation(app, path, {
    action,
    summary: 'Verify a signature of bytes',
    description:
      'Says whether a signature over bytes is of this version of this elastic key. Whatever is wrong with it, the answer is `{ "valid": false }`.',
    body: strictObject({
      ...messageFields,
      signature: claimed('the signature'),
      encoding: Type.Optional(encodingField),
      material_key_id: claimedKid,
    }),
    answer: strictObject({ valid: Type.Boolean() }),
    run: async (caller, key, { signature, material_key_id: kid, encoding, ...content }) => {
      const claim = { message: messageOf(content), signature: claimedBytes(signature), kid, ...(encoding && { encoding }) };
      return { valid: (await verifyRaw(caller, key, claim)).isValid };
    },
  });
};
