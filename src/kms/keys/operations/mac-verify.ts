import { Type } from 'typebox';
import { strictObject } from '#infra/config/schema.ts';
import type { App } from '#infra/http/server.ts';
import type { Action } from '#kms/action.ts';
import { bytesOf } from '#kms/api/fields.ts';
import type { Caller } from '#kms/caller.ts';
import { keyInUse } from './key-in-use.ts';
import type { OperationOptions } from './operation.ts';
import { registerOperation } from './register-operation.ts';
import { claimed, claimedBytes, claimedKid, payloadField } from './raw-message.ts';
import { verifyBytes } from './verify-bytes.ts';

const action = { name: 'mac-verify', scope: 'kms:mac-verify', mode: 'use' } as const satisfies Action;

type MacVerify = (
  caller: Caller,
  key: string,
  input: { readonly payload: Uint8Array; readonly mac: Uint8Array | null; readonly kid: string },
) => Promise<{ readonly isValid: boolean }>;

/** `false` for every cause that lies in the MAC or the kid, and each takes as long as a wrong MAC. */
export const createMacVerify =
  ({ operate, now }: OperationOptions): MacVerify =>
  (caller, key, { payload, mac, kid }) =>
    operate(caller, action, { key }, async (use) => {
      const used = await keyInUse(use, 'mac-verify', now());
      return verifyBytes(use, used, { message: { payload }, encoding: null, signature: mac, kid });
    });

export const registerMacVerify = (app: App, path: string, macVerify: MacVerify): void => {
  registerOperation(app, path, {
    action,
    summary: 'Check a MAC',
    description:
      'Says whether a MAC is of this payload and this version of this elastic key. Whatever is wrong with it, the answer is `{ "valid": false }`.',
    body: strictObject({ ...payloadField, mac: claimed('the MAC'), material_key_id: claimedKid }),
    answer: strictObject({ valid: Type.Boolean() }),
    run: async (caller, key, { payload, mac, material_key_id: kid }) => {
      const claim = { payload: bytesOf(payload, '/payload'), mac: claimedBytes(mac), kid };
      return { valid: (await macVerify(caller, key, claim)).isValid };
    },
  });
};
