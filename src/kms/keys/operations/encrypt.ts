import { strictObject } from '#infra/config/schema.ts';
import type { App } from '#infra/http/server.ts';
import type { Action } from '#kms/action.ts';
import { bytesOf, contextOf } from '#kms/api/fields.ts';
import type { Caller } from '#kms/caller.ts';
import type { OperationOptions, WithContext } from './operation.ts';
import { protect, type Protected } from './protect.ts';
import { registerOperation } from './register-operation.ts';
import { binary, ciphertextAnswer, context, exampleContext, examplePlaintext, MAX_CONTENT } from './schemas.ts';

const action = { name: 'encrypt', scope: 'kms:encrypt', mode: 'use' } as const satisfies Action;

type Encrypt = (caller: Caller, key: string, input: { readonly plaintext: Uint8Array } & WithContext) => Promise<Protected>;

/** Encrypts with the newest material key. */
export const createEncrypt =
  ({ operate, now }: OperationOptions): Encrypt =>
  (caller, key, input) =>
    operate(caller, action, { key, context: input.context }, (use) => protect(use, { operation: 'encrypt', now: now(), ...input }));

const body = strictObject(
  { plaintext: binary('what to encrypt, at most 1 MiB', MAX_CONTENT, examplePlaintext), context },
  { examples: [{ plaintext: examplePlaintext, context: exampleContext }] },
);

export const registerEncrypt = (app: App, path: string, encrypt: Encrypt): void => {
  registerOperation(app, path, {
    action,
    summary: 'Encrypt',
    description: 'Encrypts with the newest material key, whose id is the `kid` of the JWE.',
    body,
    answer: ciphertextAnswer,
    run: async (caller, key, { plaintext, context: given }) => {
      const { jwe, materialKeyId } = await encrypt(caller, key, {
        plaintext: bytesOf(plaintext, '/plaintext'),
        ...contextOf(given),
      });
      return { ciphertext: jwe, material_key_id: materialKeyId };
    },
  });
};
