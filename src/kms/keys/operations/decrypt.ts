import { Type } from 'typebox';
import { strictObject } from '#infra/config/schema.ts';
import type { App } from '#infra/http/server.ts';
import type { Action } from '#kms/action.ts';
import { contextOf } from '#kms/api/fields.ts';
import type { Caller } from '#kms/caller.ts';
import { encodeBase64url } from '#kms/jose/encoding/base64url.ts';
import { open } from './open.ts';
import type { OperationOptions, WithContext } from './operation.ts';
import { registerOperation } from './register-operation.ts';
import { context, jwe } from './schemas.ts';

const action = { name: 'decrypt', scope: 'kms:decrypt', mode: 'use' } as const satisfies Action;

type Decrypt = (caller: Caller, key: string, input: { readonly jwe: string } & WithContext) => Promise<Uint8Array>;

/** Opens a JWE of any version from the lowest that still processes. */
export const createDecrypt =
  ({ operate, now }: OperationOptions): Decrypt =>
  async (caller, key, input) => {
    const opened = await operate(caller, action, { key, context: input.context }, (use) =>
      open(use, { operation: 'decrypt', now: now(), ...input }),
    );
    return opened.plaintext;
  };

export const registerDecrypt = (app: App, path: string, decrypt: Decrypt): void => {
  registerOperation(app, path, {
    action,
    summary: 'Decrypt',
    description: 'Opens a JWE of any version from `min_decryption_version` on. Every failure is the same `decryption-failed`.',
    body: strictObject({ ciphertext: jwe, context }),
    answer: Type.Object({ plaintext: Type.String({ description: 'base64url' }) }),
    run: async (caller, key, { ciphertext, context: given }) => {
      const plaintext = await decrypt(caller, key, { jwe: ciphertext, ...contextOf(given) });
      return { plaintext: encodeBase64url(plaintext) };
    },
  });
};
