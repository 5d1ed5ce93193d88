import { type Static, Type } from 'typebox';
import { strictObject } from '#infra/config/schema.ts';
import type { App } from '#infra/http/server.ts';
import type { Action } from '#kms/action.ts';
import { bytesOf, fieldInvalid } from '#kms/api/fields.ts';
import type { Caller } from '#kms/caller.ts';
import { type PayloadForm, signJws } from '#kms/jose/jws.ts';
import { countProtection, keyInUse } from './key-in-use.ts';
import type { OperationOptions } from './operation.ts';
import { registerOperation } from './register-operation.ts';
import { binary, examplePlaintext, materialKeyId, MAX_CONTENT } from './schemas.ts';

const action = { name: 'sign', scope: 'kms:sign', mode: 'use' } as const satisfies Action;

/** A compact JWS (RFC 7515) and the material key that made it, its `kid`. */
interface Signed {
  readonly jws: string;
  readonly materialKeyId: string;
}

type Sign = (caller: Caller, key: string, input: { readonly payload: Uint8Array; readonly form?: PayloadForm }) => Promise<Signed>;

/** Signs a payload with the newest material key. */
export const createSign =
  ({ operate, now }: OperationOptions): Sign =>
  (caller, key, { payload, form = 'attached' }) =>
    operate(caller, action, { key }, async (use) => {
      const inUse = await keyInUse(use, 'sign', now());
      const { newest, algorithm } = inUse;
      await countProtection(use, inUse);
      return { jws: await signJws({ algorithm, key: newest.protecting, kid: newest.id, payload, form }), materialKeyId: newest.id };
    });

const body = strictObject(
  {
    payload: binary('what to sign, at most 1 MiB', MAX_CONTENT, examplePlaintext),
    detached: Type.Optional(
      Type.Boolean({ description: 'True: the payload is left out of the JWS and travels apart (RFC 7515 appendix F).', default: false }),
    ),
    b64: Type.Optional(
      Type.Boolean({
        description: 'False: the payload is signed as it is, not as base64url (RFC 7797); only where it is detached.',
        default: true,
      }),
    ),
  },
  { examples: [{ payload: examplePlaintext }, { payload: examplePlaintext, detached: true, b64: false }] },
);

/** @throws AppError `b64-not-detached` 400 */
const formOf = ({ detached = false, b64 = true }: Static<typeof body>): PayloadForm => {
  if (b64) return detached ? 'detached' : 'attached';
  if (detached) return 'unencoded';
  throw fieldInvalid(
    'b64-not-detached',
    '/b64',
    'is false, and the payload is not detached: only few texts may stand unencoded in a compact JWS',
    'Set detached to true, or leave b64 out.',
  );
};

export const registerSign = (app: App, path: string, sign: Sign): void => {
  registerOperation(app, path, {
    action,
    summary: 'Sign',
    description:
      'Signs a payload with the newest material key, whose id is the `kid` of the JWS. The payload is in the JWS or, detached, apart from it.',
    body,
    answer: Type.Object({ jws: Type.String({ description: 'Compact JWS (RFC 7515).' }), material_key_id: materialKeyId }),
    run: async (caller, key, input) => {
      const signed = await sign(caller, key, { payload: bytesOf(input.payload, '/payload'), form: formOf(input) });
      return { jws: signed.jws, material_key_id: signed.materialKeyId };
    },
  });
};
