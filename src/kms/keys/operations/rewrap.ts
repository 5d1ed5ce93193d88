import { strictObject } from '#infra/config/schema.ts';
import type { App } from '#infra/http/server.ts';
import type { Action } from '#kms/action.ts';
import { contextOf } from '#kms/api/fields.ts';
import type { Caller } from '#kms/caller.ts';
import { open } from './open.ts';
import type { OperationOptions, WithContext } from './operation.ts';
import { protect, type Protected } from './protect.ts';
import { registerOperation } from './register-operation.ts';
import { ciphertextAnswer, context, jwe } from './schemas.ts';

const action = { name: 'rewrap', scope: 'kms:rewrap', mode: 'use' } as const satisfies Action;

type Rewrap = (caller: Caller, key: string, input: { readonly jwe: string } & WithContext) => Promise<Protected>;

/** Opens a JWE and protects its content with the newest version; the content does not leave the KMS. */
export const createRewrap =
  ({ operate, now }: OperationOptions): Rewrap =>
  (caller, key, { jwe: old, ...bound }) =>
    operate(caller, action, { key, ...bound }, async (use) => {
      const { plaintext } = await open(use, { operation: 'rewrap', now: now(), jwe: old, ...bound });
      try {
        return await protect(use, { operation: 'rewrap', now: now(), plaintext, ...bound });
      } finally {
        plaintext.fill(0);
      }
    });

export const registerRewrap = (app: App, path: string, rewrap: Rewrap): void => {
  registerOperation(app, path, {
    action,
    summary: 'Rewrap',
    description:
      'Protects the content of a JWE, encrypted data or a wrapped key, with the newest version; the content does not leave the KMS.',
    body: strictObject({ ciphertext: jwe, context }),
    answer: ciphertextAnswer,
    run: async (caller, key, { ciphertext, context: given }) => {
      const fresh = await rewrap(caller, key, { jwe: ciphertext, ...contextOf(given) });
      return { ciphertext: fresh.jwe, material_key_id: fresh.materialKeyId };
    },
  });
};
