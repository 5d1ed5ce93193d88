import { Type } from 'typebox';
import { strictObject } from '#infra/config/schema.ts';
import type { App } from '#infra/http/server.ts';
import type { Action } from '#kms/action.ts';
import { bytesOf } from '#kms/api/fields.ts';
import type { Caller } from '#kms/caller.ts';
import { signJws } from '#kms/jose/jws.ts';
import { keyInUse } from './key-in-use.ts';
import { type OperationOptions, operationRoute } from './operation.ts';
import { binary, examplePlaintext, materialKeyId, MAX_CONTENT } from './schemas.ts';

const action = { name: 'sign', scope: 'kms:sign', mode: 'use' } as const satisfies Action;

/** A compact JWS (RFC 7515) and the material key that made it, its `kid`. */
interface Signed {
  readonly jws: string;
  readonly materialKeyId: string;
}

type Sign = (caller: Caller, key: string, input: { readonly payload: Uint8Array }) => Promise<Signed>;

/** Signs a payload with the newest material key. */
export const createSign =
  ({ operate, now }: OperationOptions): Sign =>
  (caller, key, { payload }) =>
    operate(caller, action, { key }, async (use) => {
      const { newest, algorithm } = await keyInUse(use, 'sign', now());
      return { jws: await signJws({ algorithm, key: newest.protecting, kid: newest.id, payload }), materialKeyId: newest.id };
    });

const body = strictObject(
  { payload: binary('what to sign, at most 1 MiB', MAX_CONTENT, examplePlaintext) },
  { examples: [{ payload: examplePlaintext }] },
);

export const registerSign = (app: App, path: string, sign: Sign): void => {
  app.post(
    `${path}/sign`,
    operationRoute({
      action,
      operationId: 'sign',
      summary: 'Sign',
      description: 'Signs a payload with the newest material key, whose id is the `kid` of the JWS.',
      body,
      answer: Type.Object({ jws: Type.String({ description: 'Compact JWS (RFC 7515).' }), material_key_id: materialKeyId }),
    }),
    async (request) => {
      const signed = await sign(request.caller, request.params.id, { payload: bytesOf(request.body.payload, '/payload') });
      return { jws: signed.jws, material_key_id: signed.materialKeyId };
    },
  );
};
