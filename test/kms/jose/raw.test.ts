import { constants, createHash, createHmac, createPrivateKey, createSecretKey, randomBytes, sign, verify } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Algorithm } from '#kms/jose/algorithm.ts';
import { ALGORITHMS, algorithmOf } from '#kms/jose/algorithms.ts';
import { viewOf } from '#kms/jose/encoding/base64url.ts';
import { hmac } from '#kms/jose/families/hmac.ts';
import type { SignatureEncoding } from '#kms/jose/families/signature.ts';
import { importSecret } from '#kms/jose/key-material.ts';
import { type Message, rawSignatureOf, signRaw, verifyRaw } from '#kms/jose/raw.ts';
import { secretFor } from '#test/kms/jose/secrets.ts';

const rows = Object.entries<Algorithm>(ALGORITHMS).filter(([, { jose }]) => jose.kind === 'bytes');
const signing = rows.filter(([, { use }]) => use === 'sign-raw');
const isRsa = ({ key }: Algorithm): boolean => key.kind === 'pair' && key.size !== null;
const ofSmallestSize = ([, { key }]: readonly [string, Algorithm]): boolean =>
  key.kind !== 'pair' || key.size === null || key.size === 2048;

const hashOf = (algorithm: Algorithm): string | null => rawSignatureOf(algorithm).hash?.toLowerCase().replace('-', '') ?? null;
const digestOf = (algorithm: Algorithm, content: Uint8Array): Uint8Array =>
  createHash(hashOf(algorithm) ?? 'none')
    .update(content)
    .digest();

/** The options of Node for the algorithm, which knows nothing of ours. */
const nodeOptions = ({ jose: { header } }: Algorithm, encoding: SignatureEncoding | null) => ({
  ...(header.alg.startsWith('PS') && { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }),
  ...(encoding !== null && { dsaEncoding: encoding === 'p1363' ? ('ieee-p1363' as const) : encoding }),
});

const encodingsOf = (algorithm: Algorithm): readonly (SignatureEncoding | null)[] =>
  rawSignatureOf(algorithm).der === null ? [null] : ['der', 'p1363'];

const newKey = async (algorithm: Algorithm) => {
  const secret = await secretFor(algorithm);
  const { protecting, processing, publicJwk } = importSecret(algorithm, 'kid', secret);
  const check = (message: Message, signature: Uint8Array | null, encoding: SignatureEncoding | null = null) =>
    verifyRaw({
      algorithm,
      key: processing,
      message,
      encoding,
      signature,
      standIn: () => signRaw({ algorithm, key: protecting, message: { payload: new Uint8Array() }, encoding }),
    });
  const make = (message: Message, encoding: SignatureEncoding | null = null) => signRaw({ algorithm, key: protecting, message, encoding });
  return { secret, processing, publicJwk, check, make };
};

const withByte = (bytes: Uint8Array, at: number): Uint8Array => bytes.map((byte, index) => (index === at ? byte ^ 1 : byte));

describe.each(signing.filter((row) => ofSmallestSize(row) || isRsa(row[1])))('A signature over bytes of %s', (_name, algorithm) => {
  it('that we make is verified by Node, and one that Node makes by us, in each encoding', async () => {
    const { secret, processing, check, make } = await newKey(algorithm);
    const privateKey = createPrivateKey({ key: viewOf(secret), format: 'der', type: 'pkcs8' });
    for (const encoding of encodingsOf(algorithm)) {
      const options = nodeOptions(algorithm, encoding);
      await fc.assert(
        fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (payload) => {
          const ours = await make({ payload }, encoding);
          expect(verify(hashOf(algorithm), payload, { key: processing, ...options }, ours)).toBe(true);
          const theirs = sign(hashOf(algorithm), payload, { key: privateKey, ...options });
          expect(await check({ payload }, theirs, encoding)).toBe(true);
        }),
        { numRuns: isRsa(algorithm) ? 3 : 12 },
      );
    }
  });
});

describe('A signature over a digest', () => {
  it('is one of RSA; of every other algorithm the row says why there is none', () => {
    for (const [name, algorithm] of signing) {
      const { digest } = rawSignatureOf(algorithm);
      expect([name, typeof digest]).toEqual([name, isRsa(algorithm) ? 'object' : 'string']);
    }
  });
});

describe.each(rows.filter(ofSmallestSize))('A signature or MAC of %s', (_name, algorithm) => {
  const encodings = algorithm.use === 'mac' ? [null] : encodingsOf(algorithm);

  it('with one bit turned in any of its bytes, or in any byte of what it is over, is refused', async () => {
    const { check, make } = await newKey(algorithm);
    const payload = new TextEncoder().encode('attack at dawn');
    for (const encoding of encodings) {
      const signature = await make({ payload }, encoding);
      expect(await check({ payload }, signature, encoding)).toBe(true);
      // Every byte of a short one; of a long one every 97th, the first and the last.
      const step = signature.length > 600 ? 97 : 1;
      const places = [...Array(signature.length).keys()].filter((at) => at % step === 0 || at === signature.length - 1);
      for (const at of places) expect(await check({ payload }, withByte(signature, at), encoding), `byte ${at}`).toBe(false);
      for (const at of payload.keys()) expect(await check({ payload: withByte(payload, at) }, signature, encoding)).toBe(false);
    }
  });

  it('of another form is refused, one over nothing too: the one that is checked in its place holds for nobody', async () => {
    const { check, make } = await newKey(algorithm);
    const payload = new Uint8Array();
    for (const encoding of encodings) {
      const signature = await make({ payload }, encoding);
      const others = [null, new Uint8Array(), signature.subarray(1), signature.subarray(0, -1), Buffer.concat([signature, Buffer.of(0)])];
      for (const other of others) expect(await check({ payload }, other, encoding)).toBe(false);
      for (const filler of [0, 1, 0xff])
        expect(await check({ payload }, new Uint8Array(signature.length).fill(filler), encoding)).toBe(false);
      for (const other of encodings.filter((each) => each !== encoding)) expect(await check({ payload }, signature, other)).toBe(false);
    }
  });

  it('has a public key that names no algorithm and no use of JOSE, or none', async () => {
    const { publicJwk } = await newKey(algorithm);
    expect(publicJwk && [publicJwk.alg, publicJwk.use, publicJwk.kid]).toEqual(
      algorithm.use === 'mac' ? null : [undefined, undefined, 'kid'],
    );
  });
});

describe.each(signing.filter((row) => isRsa(row[1])))('A signature over a digest of %s', (_name, algorithm) => {
  it('is one over the content, in both directions', async () => {
    const { secret, processing, check, make } = await newKey(algorithm);
    const privateKey = createPrivateKey({ key: viewOf(secret), format: 'der', type: 'pkcs8' });
    const payload = randomBytes(200);
    const digest = digestOf(algorithm, payload);
    const ours = await make({ digest });
    expect(verify(hashOf(algorithm), payload, { key: processing, ...nodeOptions(algorithm, null) }, ours)).toBe(true);
    const theirs = sign(hashOf(algorithm), payload, { key: privateKey, ...nodeOptions(algorithm, null) });
    expect(await check({ digest }, theirs)).toBe(true);
    expect(await check({ payload }, ours)).toBe(true);
  });

  it('with one bit turned in it or in the digest, or over another padding, is refused', async () => {
    const { check, make } = await newKey(algorithm);
    const digest = digestOf(algorithm, randomBytes(20));
    const signature = await make({ digest });
    for (const at of [0, 1, 60, 130, 200, signature.length - 1]) expect(await check({ digest }, withByte(signature, at))).toBe(false);
    for (const at of digest.keys()) expect(await check({ digest: withByte(digest, at) }, signature)).toBe(false);
    expect(await check({ digest }, new Uint8Array(signature.length).fill(0xff))).toBe(false);
    expect(await check({ digest }, new Uint8Array(signature.length))).toBe(false);
  });
});

describe('The digest of a PSS signature', () => {
  it('has a salt of its own each time', async () => {
    const { make } = await newKey(algorithmOf('PS256:2048:raw'));
    const digest = randomBytes(32);
    expect(Buffer.compare(await make({ digest }), await make({ digest }))).not.toBe(0);
  });

  it('signed with another length of salt is refused, as over the content', async () => {
    const algorithm = algorithmOf('PS256:2048:raw');
    const { secret, check } = await newKey(algorithm);
    const key = createPrivateKey({ key: viewOf(secret), format: 'der', type: 'pkcs8' });
    const payload = randomBytes(50);
    for (const saltLength of [0, 31, 33, 222]) {
      const signature = sign('sha256', payload, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength });
      expect(await check({ payload }, signature)).toBe(false);
      expect(await check({ digest: digestOf(algorithm, payload) }, signature)).toBe(false);
    }
  });
});

describe('A MAC', () => {
  it.each(rows.filter(([, { use }]) => use === 'mac'))('of %s is the HMAC of Node', async (_name, algorithm) => {
    const { secret, make, check } = await newKey(algorithm);
    const hash = `sha${algorithm.jose.header.alg.slice(2)}`;
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (payload) => {
        const theirs = createHmac(hash, secret).update(payload).digest();
        expect(viewOf(await make({ payload }))).toEqual(theirs);
        expect(await check({ payload }, theirs)).toBe(true);
      }),
    );
  });

  it.each([
    [256, 'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7'],
    [384, 'afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59cfaea9ea9076ede7f4af152e8b2fa9cb6'],
    [
      512,
      '87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cdedaa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854',
    ],
  ] as const)('with SHA-%i is that of RFC 4231 section 4.2', async (bits, mac) => {
    const key = createSecretKey(Buffer.alloc(20, 0x0b));
    expect(Buffer.from(await hmac(bits).sign(key, Buffer.from('Hi There'))).toString('hex')).toBe(mac);
  });
});
