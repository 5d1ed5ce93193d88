import { Type } from 'typebox';
import { strictObject } from '#infra/config/schema.ts';
import type { App } from '#infra/http/server.ts';
import type { Action } from '#kms/action.ts';
import { bytesOf } from '#kms/api/fields.ts';
import type { Caller } from '#kms/caller.ts';
import { encodeBase64url } from '#kms/jose/encoding/base64url.ts';
import { signRaw } from '#kms/jose/raw.ts';
import { countProtection, keyInUse } from './key-in-use.ts';
import type { OperationOptions } from './operation.ts';
import { registerOperation } from './register-operation.ts';
import { payloadField } from './raw-message.ts';
import { examplePlaintext, materialKeyId } from './schemas.ts';

const action = { name: 'mac', scope: 'kms:mac', mode: 'use' } as const satisfies Action;

/** A message authentication code and the material key that made it. */
interface Authenticated {
  readonly mac: Uint8Array;
  readonly materialKeyId: string;
}

type Mac = (caller: Caller, key: string, input: { readonly payload: Uint8Array }) => Promise<Authenticated>;

/** Makes the MAC of a payload with the newest material key. @see RFC 2104 */
export const createMac =
  ({ operate, now }: OperationOptions): Mac =>
  (caller, key, { payload }) =>
    operate(caller, action, { key }, async (use) => {
      const inUse = await keyInUse(use, 'mac', now());
      const { newest, algorithm } = inUse;
      await countProtection(use, inUse);
      const mac = await signRaw({ algorithm, key: newest.protecting, message: { payload }, encoding: null });
      return { mac, materialKeyId: newest.id };
    });

export const registerMac = (app: App, path: string, mac: Mac): void => {
  registerOperation(app, path, {
    action,
    summary: 'Make a MAC',
    description:
      'Makes the HMAC (RFC 2104) of a payload with a key of the use `mac`. Keep `material_key_id` beside it: checking it takes that.',
    body: strictObject(payloadField, { examples: [{ payload: examplePlaintext }] }),
    answer: Type.Object({ mac: Type.String({ description: 'base64url' }), material_key_id: materialKeyId }),
    run: async (caller, key, { payload }) => {
      const made = await mac(caller, key, { payload: bytesOf(payload, '/payload') });
      return { mac: encodeBase64url(made.mac), material_key_id: made.materialKeyId };
    },
  });
};
