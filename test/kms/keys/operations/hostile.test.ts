import { createECDH, generateKeyPairSync, randomUUIDv7 } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AlgorithmName } from '#kms/jose/algorithms.ts';
import { encodeBase64url } from '#kms/jose/encoding/base64url.ts';
import { type Answer, type Call, keyRoutes } from '#test/kms/support/key-routes.ts';
import { withDatabases } from '#test/support/database.ts';
import { testKms, type TestKms } from '#test/support/kms-keys.ts';
import { makePki } from '#test/support/pki.ts';

const opened = new AsyncDisposableStack();
let kms: TestKms;
let call: Call;
beforeAll(async () => {
  const pki = opened.use(await makePki());
  kms = await testKms(opened.use(await withDatabases('sqlite')));
  ({ call } = opened.use(await keyRoutes(kms, pki)));
});
afterAll(() => opened.disposeAsync());

type Header = Readonly<Record<string, unknown>>;

const headerOf = (text: string): Header => JSON.parse(Buffer.from(text.split('.')[0] ?? '', 'base64url').toString()) as Header;

/** The text with another header, as JSON or as the text of it. */
const withHeader = (text: string, header: Header | string): string =>
  [encodeBase64url(typeof header === 'string' ? header : JSON.stringify(header)), ...text.split('.').slice(1)].join('.');

const withSegment = (text: string, at: number, change: (segment: string) => string): string =>
  text
    .split('.')
    .map((segment, index) => (index === at ? change(segment) : segment))
    .join('.');

/** The same bytes in a text that is not the canonical one: a stray bit in the last character, where it has spare ones. */
const withStrayBit = (segment: string): string => {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  if (segment.length % 4 === 0) return `${segment}=`;
  return segment.slice(0, -1) + (alphabet[alphabet.indexOf(segment.at(-1) ?? '') + 1] ?? '');
};

const coordinate = (): string => encodeBase64url(Uint8Array.from({ length: 32 }, () => 7));
const { x: okpX = '' } = generateKeyPairSync('x25519').publicKey.export({ format: 'jwk' });
const { x: ecX = '', y: ecY = '', d: ecD = '' } = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' });
const compressed = (() => {
  const ecdh = createECDH('prime256v1');
  ecdh.generateKeys();
  return encodeBase64url(ecdh.getPublicKey(null, 'compressed'));
})();

/** Ephemeral keys that are none of P-256 and X25519: points beside the curve, at infinity, of low order, of another curve or form. */
const EPHEMERAL: readonly (readonly [string, unknown])[] = [
  ['a point beside the curve', { kty: 'EC', crv: 'P-256', x: coordinate(), y: coordinate() }],
  ['the point at infinity', { kty: 'EC', crv: 'P-256', x: 'A'.repeat(43), y: 'A'.repeat(43) }],
  ['a point of low order', { kty: 'OKP', crv: 'X25519', x: 'A'.repeat(43) }],
  ['another point of low order', { kty: 'OKP', crv: 'X25519', x: `AQ${'A'.repeat(41)}` }],
  ['a private key beside the public one', { kty: 'EC', crv: 'P-256', x: ecX, y: ecY, d: ecD }],
  ['a key of the other curve', { kty: 'OKP', crv: 'X25519', x: okpX }],
  ['a key of that other curve', { kty: 'EC', crv: 'P-256', x: ecX, y: ecY }],
  ['a curve that is named wrongly', { kty: 'EC', crv: 'P-384', x: ecX, y: ecY }],
  ['a compressed point', { kty: 'EC', crv: 'P-256', x: compressed }],
  ['coordinates with a zero in front', { kty: 'EC', crv: 'P-256', x: `AA${ecX}`, y: ecY }],
  ['no coordinates', { kty: 'EC', crv: 'P-256' }],
  ['text', 'epk'],
  ['a list', []],
  ['null', null],
];

/** Header parameters that are put in, or in the place of those that are there. */
const PARAMETERS: readonly (readonly [string, Header])[] = [
  ['alg none', { alg: 'none' }],
  ['alg RSA1_5', { alg: 'RSA1_5' }],
  ['alg RSA-OAEP', { alg: 'RSA-OAEP' }],
  ['alg PBES2', { alg: 'PBES2-HS256+A128KW', p2s: 'AAAAAAAAAAA', p2c: 1_000_000_000 }],
  ['alg HS256', { alg: 'HS256' }],
  ['alg in another case', { alg: 'a256kw' }],
  ['alg as a list', { alg: ['A256KW'] }],
  ['zip', { zip: 'DEF' }],
  ['crit', { crit: ['kid'] }],
  ['b64', { b64: false, crit: ['b64'] }],
  ['jwk', { jwk: { kty: 'oct', k: 'AAAA' } }],
  ['jku', { jku: 'https://attacker.example/jwks' }],
  ['x5u', { x5u: 'https://attacker.example/cert' }],
  ['x5c', { x5c: ['AAAA'] }],
  ['a kid that is a path', { kid: '../../../etc/passwd' }],
  ['a kid that is SQL', { kid: "' or 1=1 --" }],
  ['a kid that is a URL', { kid: 'https://attacker.example/key' }],
  ['a kid of nobody', { kid: '00000000-0000-0000-0000-000000000000' }],
  ['another kid', { kid: randomUUIDv7() }],
  ['a kid of 129 characters', { kid: 'k'.repeat(129) }],
  ['a kid with NUL', { kid: '\0' }],
  ['a kid that is half a character', { kid: '\ud800' }],
  ['a kid that is a number', { kid: 7 }],
  ['no kid', { kid: undefined }],
  ['__proto__', JSON.parse('{"__proto__":{"kid":"x"}}') as Header],
  ['a context that was not given', { ctx: 'A'.repeat(43) }],
];

/** Texts that are none of this key, each made of one that is. */
const hostile = (text: string): readonly (readonly [string, string])[] => {
  const header = headerOf(text);
  const json = JSON.stringify(header);
  const segments = [...text.split('.').keys()];
  const all: readonly (readonly [string, string])[] = [
    ...PARAMETERS.map(([name, more]) => [name, withHeader(text, { ...header, ...more })] as const),
    ['a member twice', withHeader(text, json.replace('{', '{"kid":"x",'))],
    ['a header that is no JSON', withHeader(text, `${json},`)],
    ['a header that is a list', withHeader(text, '[]')],
    ['a header of 3,000 characters', withHeader(text, json.padEnd(2_300))],
    ['a header that is not UTF-8', [encodeBase64url(Uint8Array.of(0x7b, 0xff, 0x7d)), ...text.split('.').slice(1)].join('.')],
    ...segments.flatMap((at): (readonly [string, string])[] => [
      [`an empty segment ${at}`, withSegment(text, at, () => '')],
      [`segment ${at} with padding`, withSegment(text, at, (segment) => `${segment}=`)],
      [`segment ${at} with white space`, withSegment(text, at, (segment) => `${segment}\n`)],
      [`segment ${at} with a stray bit`, withSegment(text, at, (segment) => (segment === '' ? '=' : withStrayBit(segment)))],
      [`segment ${at} in the alphabet of base64`, withSegment(text, at, (segment) => `+/${segment.slice(2)}`)],
      [`segment ${at} cut`, withSegment(text, at, (segment) => (segment === '' ? 'AAAA' : segment.slice(0, -4)))],
    ]),
    ['a segment more', `${text}.AAAA`],
    ['a segment less', text.split('.').slice(1).join('.')],
    ['JSON', JSON.stringify({ protected: text.split('.')[0], ciphertext: 'AAAA' })],
    ['no form', 'not a JOSE text'],
  ];
  // Of a detached JWS, an empty segment is the one that is there; and HS256 is what a key of HS256 says.
  return all.filter(([, changed]) => changed !== text);
};

const seen = ({ status, body, headers }: Answer) => ({ status, body, type: headers['content-type'], store: headers['cache-control'] });

/** Keys of each family of key management. */
const OPENING: readonly AlgorithmName[] = [
  'A256GCM/dir',
  'A256GCM/A256KW',
  'A128CBC-HS256/A128GCMKW',
  'A256GCM/RSA-OAEP-256:2048',
  'A256GCM/ECDH-ES:P-256',
  'A256GCM/ECDH-ES+A256KW:X25519',
];

describe('A hostile JWE, over HTTP', () => {
  it.each(OPENING)(
    'for a key of %s is refused by decrypt and rewrap with one status and one body, whatever is wrong',
    async (algorithm) => {
      const { id } = await kms.make(algorithm);
      const text = String((await call('POST', `${id}/encrypt`, { plaintext: 'AAAA' })).body['ciphertext']);
      expect((await call('POST', `${id}/decrypt`, { ciphertext: text })).status).toBe(200);
      const epk = algorithm.includes('ECDH') ? EPHEMERAL : [];
      const texts = [...hostile(text), ...epk.map(([name, value]) => [name, withHeader(text, { ...headerOf(text), epk: value })] as const)];
      const usual = seen(await call('POST', `${id}/decrypt`, { ciphertext: 'x' }));
      expect(usual).toMatchObject({
        status: 400,
        body: { code: 'decryption-failed' },
        type: expect.stringMatching(/^application\/problem\+json(;|$)/),
        store: 'no-store',
      });
      for (const [name, ciphertext] of texts) {
        expect([name, seen(await call('POST', `${id}/decrypt`, { ciphertext }))]).toEqual([name, usual]);
      }
      for (const [name, ciphertext] of texts.slice(0, 8))
        expect([name, seen(await call('POST', `${id}/rewrap`, { ciphertext }))]).toEqual([name, usual]);
    },
  );

  it('for a wrapping key is refused by unwrap with that status and that body, too', async () => {
    const { id } = await kms.make('A256KW');
    const text = String((await call('POST', `${id}/wrap`, { key: 'AAAA' })).body['wrapped_key']);
    const usual = seen(await call('POST', `${id}/unwrap`, { wrapped_key: 'x' }));
    expect(usual).toMatchObject({ status: 400, body: { code: 'decryption-failed' } });
    for (const [name, wrapped] of hostile(text))
      expect([name, seen(await call('POST', `${id}/unwrap`, { wrapped_key: wrapped }))]).toEqual([name, usual]);
  });
});

describe('A hostile JWS, over HTTP', () => {
  it.each<AlgorithmName>(['ES256', 'EdDSA', 'PS256:2048', 'HS256', 'ML-DSA-44'])(
    'for a key of %s is not valid, and the answer says no more, attached or detached',
    async (algorithm) => {
      const { id } = await kms.make(algorithm);
      const text = String((await call('POST', `${id}/sign`, { payload: 'AAAA' })).body['jws']);
      const detached = String((await call('POST', `${id}/sign`, { payload: 'AAAA', detached: true })).body['jws']);
      expect((await call('POST', `${id}/verify`, { jws: text })).body).toMatchObject({ valid: true });
      expect((await call('POST', `${id}/verify`, { jws: detached, payload: 'AAAA' })).body).toMatchObject({ valid: true });
      const usual = seen(await call('POST', `${id}/verify`, { jws: 'x' }));
      expect(usual).toMatchObject({ status: 200, body: { valid: false }, store: 'no-store' });
      for (const [name, jws] of hostile(text)) expect([name, seen(await call('POST', `${id}/verify`, { jws }))]).toEqual([name, usual]);
      for (const [name, jws] of hostile(detached))
        expect([name, seen(await call('POST', `${id}/verify`, { jws, payload: 'AAAA' }))]).toEqual([name, usual]);
    },
  );
});
