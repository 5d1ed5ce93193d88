import { createCipheriv, createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import { CompactEncrypt, compactDecrypt } from 'jose';
import { describe, expect, it } from 'vitest';
import { algorithmOf } from '#kms/jose/algorithms.ts';
import { viewOf } from '#kms/jose/encoding/base64url.ts';
import { readRecipient } from '#kms/jose/received/recipient.ts';
import { unwrapPadded, wrapPadded } from '#kms/jose/transport/aes-key-wrap-padded.ts';
import { TRANSPORT_ALGORITHMS, type TransportKey, unwrapFrom, type Wrapping, wrapTo } from '#kms/jose/transport/wrappings.ts';
import { secretFor } from '#test/kms/jose/secrets.ts';

const KID = '01980f6e-7c1a-7d3e-9b52-0c6f3a1e8d47';

const transportKey = async (wrapping: Wrapping): Promise<TransportKey> => {
  const secret = await secretFor(algorithmOf(TRANSPORT_ALGORITHMS[wrapping]));
  return { kid: KID, wrapping, privateKey: createPrivateKey({ key: viewOf(secret), format: 'der', type: 'pkcs8' }) };
};
const publicJwkOf = ({ privateKey }: TransportKey) => ({ ...createPublicKey(privateKey).export({ format: 'jwk' }) });

/** The wrapping process of RFC 5649 section 4.1, step by step, with nothing but single blocks of AES. */
const wrappedByTheBook = (key: Buffer, content: Buffer): Buffer => {
  const block = (bytes: Buffer): Buffer => {
    const cipher = createCipheriv(`aes-${key.length * 8}-ecb`, key, null).setAutoPadding(false);
    return Buffer.concat([cipher.update(bytes), cipher.final()]);
  };
  const length = Buffer.alloc(4);
  length.writeUInt32BE(content.length);
  let a: Buffer = Buffer.concat([Buffer.from('a65959a6', 'hex'), length]);
  const padded = Buffer.concat([content, Buffer.alloc((8 - (content.length % 8)) % 8)]);
  if (padded.length === 8) return block(Buffer.concat([a, padded]));
  const r = Array.from({ length: padded.length / 8 }, (_, index) => padded.subarray(index * 8, index * 8 + 8));
  for (let round = 0; round < 6; round += 1) {
    for (const [index, each] of r.entries()) {
      const b = block(Buffer.concat([a, each]));
      const t = Buffer.alloc(8);
      t.writeUInt32BE(r.length * round + index + 1, 4);
      a = Buffer.from(b.subarray(0, 8).map((byte, at) => byte ^ (t[at] ?? 0)));
      r[index] = Buffer.from(b.subarray(8));
    }
  }
  return Buffer.concat([a, ...r]);
};

describe('AES key wrap with padding', () => {
  it('is that of RFC 5649', () => {
    const examples = [
      ['c37b7e6492584340bed12207808941155068f738', '138bdeaa9b8fa7fc61f97742e72248ee5ae6ae5360d1ae6a5f54f373fa543b6a'],
      ['466f7250617369', 'afbeb0f07dfbf5419200f2ccb50bb24f'],
    ];
    // The examples have a key of 192 bits: they prove the book, and the book what has 256.
    const exampleKey = Buffer.from('5840df6e29b02af1ab493b705bf16ea1ae8338f4dcc176a8', 'hex');
    for (const [content = '', wrapped] of examples)
      expect(wrappedByTheBook(exampleKey, Buffer.from(content, 'hex')).toString('hex')).toBe(wrapped);
    const key = randomBytes(32);
    for (const length of [1, 7, 8, 9, 16, 31, 32, 1217]) {
      const content = randomBytes(length);
      const wrapped = wrapPadded(key, content);
      expect(Buffer.from(wrapped)).toEqual(wrappedByTheBook(key, content));
      expect(unwrapPadded(key, wrapped)).toEqual(new Uint8Array(content));
    }
  });

  it('opens nothing that was changed, cut, empty or wrapped by another key', () => {
    const key = randomBytes(32);
    const wrapped = wrapPadded(key, randomBytes(33));
    for (let at = 0; at < wrapped.length; at += 1) {
      const changed = Uint8Array.from(wrapped);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(unwrapPadded(key, changed)).toBeNull();
    }
    for (const other of [wrapped.subarray(8), wrapped.subarray(1), new Uint8Array(), new Uint8Array(8)])
      expect(unwrapPadded(key, other)).toBeNull();
    expect(unwrapPadded(randomBytes(32), wrapped)).toBeNull();
  });
});

describe.each(['RSA_AES_KEY_WRAP_SHA_256', 'ECDH_ES_A256KW'] as const)('A key that travels by %s', (wrapping) => {
  it('is opened by the one key to which it was wrapped, and by that only as it is', async () => {
    const key = await transportKey(wrapping);
    const content = randomBytes(1217);
    const { wrapped, ...made } = await wrapTo(readRecipient({ ...publicJwkOf(key), kid: KID }), content);
    expect(made).toEqual({ wrapping });
    expect(await unwrapFrom(key, wrapped)).toEqual(new Uint8Array(content));
    const other =
      wrapping === 'ECDH_ES_A256KW'
        ? generateKeyPairSync('ec', { namedCurve: 'P-521' })
        : generateKeyPairSync('rsa', { modulusLength: 3072 });
    expect(await unwrapFrom({ ...key, privateKey: other.privateKey }, wrapped)).toBeNull();
    for (const text of [wrapped.slice(0, -4), `${wrapped.slice(0, 40)}A${wrapped.slice(41)}A`, '', 'AAAA', `${wrapped}=`, 'a.b.c.d.e'])
      expect(await unwrapFrom(key, text)).toBeNull();
  });
});

describe('A JWE to a transport key', () => {
  const header = { alg: 'ECDH-ES+A256KW', enc: 'A256GCM', kid: KID };
  const seal = async (more: object, content: Uint8Array) =>
    new CompactEncrypt(content)
      .setProtectedHeader({ ...header, ...more })
      .encrypt(createPublicKey((await transportKey('ECDH_ES_A256KW')).privateKey));

  it('of jose is opened', async () => {
    const content = randomBytes(32);
    expect(await unwrapFrom(await transportKey('ECDH_ES_A256KW'), await seal({}, content))).toEqual(new Uint8Array(content));
  });

  it('is refused with another kid, algorithm or content encryption', async () => {
    for (const more of [{ kid: 'other' }, { alg: 'ECDH-ES+A128KW' }, { enc: 'A128GCM' }])
      expect(await unwrapFrom(await transportKey('ECDH_ES_A256KW'), await seal(more, randomBytes(32)))).toBeNull();
  });

  it('to somebody else is opened by jose', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('x25519');
    const content = randomBytes(48);
    const { wrapped } = await wrapTo(readRecipient({ ...publicKey.export({ format: 'jwk' }), kid: 'theirs' }), content);
    const opened = await compactDecrypt(wrapped, privateKey);
    expect(opened.protectedHeader).toMatchObject({ alg: 'ECDH-ES+A256KW', enc: 'A256GCM', kid: 'theirs' });
    expect(new Uint8Array(opened.plaintext)).toEqual(new Uint8Array(content));
  });
});
