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

const action = { name: 'unwrap', scope: 'kms:unwrap', mode: 'use' } as const satisfies Action;

type Unwrap = (caller: Caller, key: string, input: { readonly jwe: string } & WithContext) => Promise<Uint8Array>;

/** Opens a wrapped key, which the caller zeroes. */
export const createUnwrap =
  ({ operate, now }: OperationOptions): Unwrap =>
  async (caller, key, input) => {
    const opened = await operate(caller, action, { key, context: input.context }, (use) =>
      open(use, { operation: 'unwrap', now: now(), ...input }),
    );
    return opened.plaintext;
  };

export const registerUnwrap = (app: App, path: string, unwrap: Unwrap): void => {
  registerOperation(app, path, {
    action,
    summary: 'Unwrap a key',
    description: 'Opens a wrapped key. Every failure is the same `decryption-failed`.',
    body: strictObject({ wrapped_key: jwe, context }),
    answer: Type.Object({ key: Type.String({ description: 'base64url' }) }),
    run: async (caller, id, { wrapped_key: wrapped, context: given }) => {
      const key = await unwrap(caller, id, { jwe: wrapped, ...contextOf(given) });
      try {
        return { key: encodeBase64url(key) };
      } finally {
        key.fill(0);
      }
    },
  });
};
