import { Type } from 'typebox';
import { strictObject } from '#infra/config/schema.ts';
import type { App } from '#infra/http/server.ts';
import type { Action } from '#kms/action.ts';
import { bytesOf, contextOf } from '#kms/api/fields.ts';
import type { Caller } from '#kms/caller.ts';
import type { OperationOptions, WithContext } from './operation.ts';
import { protect, type Protected } from './protect.ts';
import { registerOperation } from './register-operation.ts';
import { binary, context, exampleContext, materialKeyId } from './schemas.ts';

const action = { name: 'wrap', scope: 'kms:wrap', mode: 'use' } as const satisfies Action;

type Wrap = (caller: Caller, key: string, input: { readonly key: Uint8Array } & WithContext) => Promise<Protected>;

/** Wraps a key of the caller with the newest material key. */
export const createWrap =
  ({ operate, now }: OperationOptions): Wrap =>
  (caller, key, { key: plaintext, ...bound }) =>
    operate(caller, action, { key, ...bound }, (use) => protect(use, { operation: 'wrap', now: now(), plaintext, ...bound }));

/** Bytes of a wrapped key: more than a PKCS#8 of RSA with 16,384 bits. */
const MAX_KEY = 16 * 1024;
const exampleKey = 'AAECAwQFBgcICQoLDA0ODw';

const body = strictObject(
  { key: binary('key material to wrap, 1 byte to 16 KiB', MAX_KEY, exampleKey, 2), context },
  { examples: [{ key: exampleKey, context: exampleContext }] },
);

export const registerWrap = (app: App, path: string, wrap: Wrap): void => {
  registerOperation(app, path, {
    action,
    summary: 'Wrap a key',
    description: 'Wraps key material of the caller with the newest material key of a wrapping key.',
    body,
    answer: Type.Object({ wrapped_key: Type.String({ description: 'Compact JWE (RFC 7516).' }), material_key_id: materialKeyId }),
    run: async (caller, id, { key: text, context: given }) => {
      const key = bytesOf(text, '/key');
      try {
        const wrapped = await wrap(caller, id, { key, ...contextOf(given) });
        return { wrapped_key: wrapped.jwe, material_key_id: wrapped.materialKeyId };
      } finally {
        key.fill(0);
      }
    },
  });
};
