import { createPrivateKey, createPublicKey, createSecretKey, randomUUIDv7 } from 'node:crypto';
import fc from 'fast-check';
import { FlattenedSign, flattenedVerify } from 'jose';
import { describe, expect, it } from 'vitest';
import type { Algorithm } from '#kms/jose/algorithm.ts';
import { ALGORITHMS, algorithmOf } from '#kms/jose/algorithms.ts';
import { readDetachedJws, readJws } from '#kms/jose/compact.ts';
import { encodeBase64url, viewOf } from '#kms/jose/encoding/base64url.ts';
import { type PayloadForm, signJws, verifyJws } from '#kms/jose/jws.ts';
import { importSecret } from '#kms/jose/key-material.ts';
import { secretFor } from '#test/kms/jose/secrets.ts';

/** Every algorithm of JWS, with one size of RSA. */
const rows = Object.entries<Algorithm>(ALGORITHMS).filter(
  ([, { jose, key }]) => jose.kind === 'jws' && (key.kind === 'symmetric' || key.size === null || key.size === 2048),
);

const newKey = async (algorithm: Algorithm) => {
  const secret = await secretFor(algorithm);
  const kid = randomUUIDv7();
  const ours = importSecret(algorithm, kid, secret);
  if (algorithm.key.kind === 'symmetric') {
    const key = createSecretKey(secret);
    return { kid, ours, theirs: { protecting: key, processing: key } };
  }
  const privateKey = createPrivateKey({ key: viewOf(secret), format: 'der', type: 'pkcs8' });
  return { kid, ours, theirs: { protecting: privateKey, processing: createPublicKey(privateKey) } };
};

/** The payload as `jose` takes it: as it is where `b64` is false. */
const apart = (payload: Uint8Array, form: PayloadForm): Uint8Array | string => (form === 'unencoded' ? payload : encodeBase64url(payload));

const CONTENT = new TextEncoder().encode('$.02 or more');

describe.each(rows)('A JWS of %s with its payload apart', (_name, algorithm) => {
  const { alg } = algorithm.jose.header;

  it.each(['detached', 'unencoded'] as const)('that we sign, %s, is verified by jose alone and by us', async (form) => {
    const { kid, ours, theirs } = await newKey(algorithm);
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 60 }), async (payload) => {
        const jws = await signJws({ algorithm, key: ours.protecting, kid, payload, form });
        const [header = '', middle, signature = ''] = jws.split('.');
        expect(middle).toBe('');
        const verified = await flattenedVerify({ protected: header, payload: apart(payload, form), signature }, theirs.processing, {
          algorithms: [alg],
        });
        expect(verified.protectedHeader).toEqual({ alg, kid, ...(form === 'unencoded' && { b64: false, crit: ['b64'] }) });
        const input = readDetachedJws(jws, algorithm);
        expect(input && verifyJws({ algorithm, key: ours.processing, input, detached: payload })).toEqual(payload);
      }),
      { numRuns: 3 },
    );
  });

  it.each(['detached', 'unencoded'] as const)('that jose signs, %s, is verified by us', async (form) => {
    const { kid, ours, theirs } = await newKey(algorithm);
    const protectedHeader = { alg, kid, ...(form === 'unencoded' && { b64: false, crit: ['b64'] }) };
    const made = await new FlattenedSign(CONTENT).setProtectedHeader(protectedHeader).sign(theirs.protecting);
    const input = readDetachedJws(`${made.protected ?? ''}..${made.signature}`, algorithm);
    expect(input && verifyJws({ algorithm, key: ours.processing, input, detached: CONTENT })).toEqual(CONTENT);
  });

  it('holds for no other payload, and not for the other way to sign it', async () => {
    const { kid, ours } = await newKey(algorithm);
    const check = (jws: string, payload: Uint8Array) => {
      const input = readDetachedJws(jws, algorithm);
      return input && verifyJws({ algorithm, key: ours.processing, input, detached: payload });
    };
    for (const form of ['detached', 'unencoded'] as const) {
      const jws = await signJws({ algorithm, key: ours.protecting, kid, payload: CONTENT, form });
      for (const at of CONTENT.keys()) {
        const other = CONTENT.map((byte, index) => (index === at ? byte ^ 1 : byte));
        expect(check(jws, other)).toBeNull();
      }
      for (const other of [new Uint8Array(), CONTENT.subarray(1), Buffer.from(encodeBase64url(CONTENT))])
        expect(check(jws, other)).toBeNull();
      expect(readJws(jws, algorithm) === null).toBe(form === 'unencoded');
    }
  });
});

describe('Reading a JWS with its payload apart', () => {
  const es256 = algorithmOf('ES256');
  const withHeader = (more: object, payload = '') =>
    [encodeBase64url(JSON.stringify({ alg: 'ES256', kid: 'kid', ...more })), payload, 'A'.repeat(86)].join('.');

  it('takes b64 false with crit b64, and neither', () => {
    expect(readDetachedJws(withHeader({ b64: false, crit: ['b64'] }), es256)).not.toBeNull();
    expect(readDetachedJws(withHeader({}), es256)).not.toBeNull();
  });

  it.each([
    ['b64 without crit', { b64: false }],
    ['crit without b64', { crit: ['b64'] }],
    ['b64 true', { b64: true, crit: ['b64'] }],
    ['b64 as text', { b64: 'false', crit: ['b64'] }],
    ['b64 as null', { b64: null, crit: ['b64'] }],
    ['an empty crit', { b64: false, crit: [] }],
    ['crit with b64 twice', { b64: false, crit: ['b64', 'b64'] }],
    ['crit with another parameter', { b64: false, crit: ['b64', 'exp'], exp: 1 }],
    ['crit as text', { b64: false, crit: 'b64' }],
    ['crit as an object', { b64: false, crit: { 0: 'b64', length: 1 } }],
    ['crit in a list', { b64: false, crit: [['b64']] }],
    ['jwk', { jwk: {} }],
    ['zip', { zip: 'DEF' }],
    ['alg none', { alg: 'none' }],
  ])('refuses %s', (_what, more) => {
    expect(readDetachedJws(withHeader(more), es256)).toBeNull();
  });

  it('refuses one with a payload in it, and an attached one refuses b64', () => {
    expect(readDetachedJws(withHeader({}, 'AAAA'), es256)).toBeNull();
    expect(readJws(withHeader({ b64: false, crit: ['b64'] }, 'AAAA'), es256)).toBeNull();
    expect(readDetachedJws(withHeader({}), algorithmOf('A256KW'))).toBeNull();
  });
});
