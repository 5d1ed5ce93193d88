import { randomBytes } from 'node:crypto';
import { Type } from 'typebox';
import { strictObject } from '#infra/config/schema.ts';
import type { App } from '#infra/http/server.ts';
import type { Action } from '#kms/action.ts';
import { contextOf } from '#kms/api/fields.ts';
import { oneOf } from '#kms/api/schemas.ts';
import type { Caller } from '#kms/caller.ts';
import { encodeBase64url } from '#kms/jose/encoding/base64url.ts';
import type { OperationOptions, WithContext } from './operation.ts';
import { protect, type Protected } from './protect.ts';
import { registerOperation } from './register-operation.ts';
import { context, exampleContext, materialKeyId } from './schemas.ts';

const action = { name: 'generate', scope: 'kms:generate', mode: 'use' } as const satisfies Action;

const BITS = [128, 192, 256, 512] as const;
const DEFAULT_BITS = 256;

type Generate = (
  caller: Caller,
  key: string,
  input: { readonly bits: (typeof BITS)[number] } & WithContext,
) => Promise<Protected & { readonly dataKey: Uint8Array }>;

/** Makes a random data key, which the caller zeroes; `decrypt` or `unwrap` of the same elastic key opens its protected form. */
export const createGenerate =
  ({ operate, now, random = randomBytes }: OperationOptions): Generate =>
  (caller, key, { bits, ...bound }) =>
    operate(caller, action, { key, ...bound }, async (use) => {
      const dataKey = random(bits / 8);
      try {
        return { dataKey, ...(await protect(use, { operation: 'generate', now: now(), plaintext: dataKey, ...bound })) };
      } catch (error) {
        dataKey.fill(0);
        throw error;
      }
    });

const body = strictObject(
  {
    bits: Type.Optional(oneOf(BITS, { description: 'Length of the data key.', default: DEFAULT_BITS })),
    return_plaintext: Type.Optional(Type.Boolean({ description: 'False: only the protected form is returned.', default: true })),
    context,
  },
  {
    examples: [
      { bits: 256, context: exampleContext },
      { bits: 256, return_plaintext: false },
    ],
  },
);

const answer = Type.Object({
  plaintext: Type.Optional(Type.String({ description: 'The data key as base64url; shown this once.' })),
  ciphertext: Type.String({ description: 'The data key as compact JWE (RFC 7516), which `decrypt` or `unwrap` opens.' }),
  material_key_id: materialKeyId,
});

export const registerGenerate = (app: App, path: string, generate: Generate): void => {
  registerOperation(app, path, {
    action,
    summary: 'Generate a data key',
    description: 'Makes a random data key and returns it once in the clear, unless `return_plaintext` is false, and protected by this key.',
    body,
    answer,
    run: async (caller, key, { bits = DEFAULT_BITS, return_plaintext: isShown = true, context: given }) => {
      const made = await generate(caller, key, { bits, ...contextOf(given) });
      const { dataKey, jwe, materialKeyId: kid } = made;
      try {
        return { ...(isShown ? { plaintext: encodeBase64url(dataKey) } : {}), ciphertext: jwe, material_key_id: kid };
      } finally {
        dataKey.fill(0);
      }
    },
  });
};
