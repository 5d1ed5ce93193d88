import type { KeyObject } from 'node:crypto';
import { Type } from 'typebox';
import { strictObject } from '#infra/config/schema.ts';
import type { App } from '#infra/http/server.ts';
import type { Action } from '#kms/action.ts';
import { bytesOf } from '#kms/api/fields.ts';
import type { Caller } from '#kms/caller.ts';
import { base64urlLength, encodeBase64url } from '#kms/jose/encoding/base64url.ts';
import { type JoseInput, readDetachedJws, readJws } from '#kms/jose/compact.ts';
import { decoyJws } from '#kms/jose/decoys.ts';
import { signJws, verifyJws } from '#kms/jose/jws.ts';
import { type KeyInUse, keyInUse, versionOf } from './key-in-use.ts';
import type { OperationOptions } from './operation.ts';
import { registerOperation } from './register-operation.ts';
import { binary, compact, examplePlaintext, materialKeyId, MAX_CONTENT } from './schemas.ts';

const action = { name: 'verify', scope: 'kms:verify', mode: 'use' } as const satisfies Action;

type Verification = { readonly valid: true; readonly materialKeyId: string; readonly payload: Uint8Array } | { readonly valid: false };

/** @param input.detached the payload of a JWS that has none in it */
type Verify = (caller: Caller, key: string, input: { readonly jws: string; readonly detached?: Uint8Array }) => Promise<Verification>;

/** A JWS of each version from which its decoys are made; nobody gets it, and its payload is empty. */
const signedBy = new WeakMap<KeyObject, JoseInput>();
const signedOf = async ({ algorithm, newest: { protecting: key, id: kid } }: KeyInUse): Promise<JoseInput | undefined> => {
  const known = signedBy.get(key);
  if (known) return known;
  const signed = readJws(await signJws({ algorithm, key, kid, payload: new Uint8Array() }), algorithm);
  if (signed) signedBy.set(key, signed);
  return signed ?? undefined;
};

/** Characters of a JWS with its payload in it. */
const lengthOf = (jws: string, detached: Uint8Array | undefined): number => jws.length + base64urlLength(detached?.length ?? 0);

/** `{ valid: false }` for every cause, a malformed JWS included, and each takes as long as a wrong signature. */
export const createVerify =
  ({ operate, now }: OperationOptions): Verify =>
  async (caller, key, { jws, detached }) => {
    const verified = await operate(caller, action, { key }, async (use) => {
      const inUse = await keyInUse(use, 'verify', now());
      const { algorithm, newest } = inUse;
      const read = (detached === undefined ? readJws : readDetachedJws)(jws, algorithm);
      const { version, haveLooked } = await versionOf(use, inUse, read);
      const payload =
        version && read
          ? verifyJws({ algorithm, key: version.processing, input: read, detached })
          : verifyJws({ algorithm, key: newest.processing, input: decoyJws(algorithm, lengthOf(jws, detached), await signedOf(inUse)) });
      if (payload === null && !haveLooked) await use.ring.lookInVain(use);
      return { payload, materialKeyId: version && version.id };
    });
    const { payload, materialKeyId: kid } = verified;
    return kid !== null && payload !== null ? { valid: true, materialKeyId: kid, payload } : { valid: false };
  };

const answer = Type.Union([
  strictObject(
    {
      valid: Type.Literal(true),
      payload: Type.Optional(Type.String({ description: 'base64url; absent where it was given apart' })),
      material_key_id: materialKeyId,
    },
    { title: 'ValidJws' },
  ),
  strictObject({ valid: Type.Literal(false) }, { title: 'InvalidJws' }),
]);

export const registerVerify = (app: App, path: string, verify: Verify): void => {
  registerOperation(app, path, {
    action,
    summary: 'Verify a signature',
    description:
      'Says whether a JWS is of this elastic key, and its payload if so; that of a detached JWS is given beside it. Whatever is wrong with it, the answer is `{ "valid": false }`.',
    body: strictObject({
      jws: compact('JWS', 'A compact JWS of this elastic key.'),
      payload: Type.Optional(binary('the payload of a detached JWS, whose own is empty', MAX_CONTENT, examplePlaintext)),
    }),
    answer,
    run: async (caller, key, { jws, payload: apart }) => {
      const detached = apart === undefined ? {} : { detached: bytesOf(apart, '/payload') };
      const verification = await verify(caller, key, { jws, ...detached });
      if (!verification.valid) return { valid: false as const };
      const { payload, materialKeyId: kid } = verification;
      return { valid: true as const, ...(apart === undefined && { payload: encodeBase64url(payload) }), material_key_id: kid };
    },
  });
};
