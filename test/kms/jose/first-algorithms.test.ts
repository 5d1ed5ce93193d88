import { describe, expect, it } from 'vitest';
import type { Algorithm } from '#kms/jose/algorithm.ts';
import { algorithmOf } from '#kms/jose/algorithms.ts';
import { decodeBase64url, encodeBase64url } from '#kms/jose/encoding/base64url.ts';
import { readJwe, readJws } from '#kms/jose/compact.ts';
import { decoyJwe, decoyJws } from '#kms/jose/decoys.ts';
import { generateSecret, importSecret } from '#kms/jose/key-material.ts';
import { openJwe, sealJwe } from '#kms/jose/jwe.ts';
import { signJws, verifyJws } from '#kms/jose/jws.ts';
import made from './first-algorithms.json' with { type: 'json' };

/**
 * The first four algorithms, held to what they made when their code was first written: keys, texts and decoys of that time are
 * in the JSON file. Whatever changes in the code, a customer's ciphertexts open and the texts keep their form.
 */

type FirstName = keyof typeof made;

const KID = '01980f6e-7c1a-7d3e-9b52-0c6f3a1e8d47';
const CONTEXT = 'invoice=2031-0042';
const CONTENT = new TextEncoder().encode('attack at dawn');

const bytesOf = (text: string): Uint8Array => {
  const bytes = decodeBase64url(text);
  if (!bytes) throw new TypeError('no base64url');
  return bytes;
};
const headerOf = (text: string): string => Buffer.from(text.split('.')[0] ?? '', 'base64url').toString();
const lengthsOf = (text: string): readonly number[] => text.split('.').map((segment) => segment.length);

const isJwe = ({ jose }: Algorithm): boolean => jose.kind === 'jwe';
const read = (text: string, algorithm: Algorithm) => (isJwe(algorithm) ? readJwe : readJws)(text, algorithm);
const decoy = (algorithm: Algorithm, characters: number) => (isJwe(algorithm) ? decoyJwe : decoyJws)(algorithm, characters);
const keysOf = (name: FirstName) => importSecret(algorithmOf(name), KID, bytesOf(made[name].secret));

const JWE = ['A256GCM/A256KW', 'A256KW'] as const;
const JWS = ['ES256', 'EdDSA'] as const;

describe('The first four algorithms', () => {
  it.each([
    [
      'A256GCM/A256KW',
      'encrypt',
      ['encrypt', 'decrypt', 'rewrap', 'generate'],
      2 ** 32,
      'AES-256-GCM content encryption, its key wrapped with AES-256 key wrap: encrypts data',
    ],
    ['A256KW', 'wrap', ['wrap', 'unwrap', 'rewrap', 'generate'], 2 ** 32, 'AES-256 key wrap: wraps other keys'],
    ['ES256', 'sign', ['sign', 'verify'], null, 'ECDSA on P-256 with SHA-256: signs JWS'],
    ['EdDSA', 'sign', ['sign', 'verify'], null, 'EdDSA on Ed25519: signs JWS'],
  ] as const)('%s keeps its use, operations, limit and summary', (name, use, operations, protectionLimit, summary) => {
    expect(algorithmOf(name)).toMatchObject({ use, operations, protectionLimit, summary });
  });

  it.each([...JWE, ...JWS])('%s makes the same public JWK of a stored secret, byte for byte', async (name) => {
    const { publicJwk } = await keysOf(name);
    expect(JSON.stringify(publicJwk)).toBe(JSON.stringify(made[name].publicJwk));
  });

  it.each([
    ['A256GCM/A256KW', [32], ''],
    ['A256KW', [32], ''],
    ['ES256', [138], '308187020100301306072a8648ce3d020106082a8648ce3d030107046d306b0201010420'],
    ['EdDSA', [48], '302e020100300506032b657004220420'],
  ] as const)(
    '%s stores a secret of the same form: raw bytes, or the same PKCS#8 but for the number in it',
    async (name, lengths, start) => {
      const secret = await generateSecret(algorithmOf(name));
      expect(lengths).toContain(secret.length);
      expect(Buffer.from(secret).toString('hex').startsWith(start)).toBe(true);
      expect(Buffer.from(bytesOf(made[name].secret)).toString('hex').startsWith(start)).toBe(true);
    },
  );
});

describe('A JWE of the first algorithms', () => {
  it.each(JWE)('of %s that was made then opens now', async (name) => {
    const algorithm = algorithmOf(name);
    const { processing: key } = await keysOf(name);
    const open = async (text: string, context?: string) => {
      const input = read(text, algorithm);
      return input && openJwe({ algorithm, key, input, context });
    };
    expect(await open(made[name].sealed)).toEqual(CONTENT);
    expect(await open(made[name].sealedWithContext, CONTEXT)).toEqual(CONTENT);
    expect(await open(made[name].sealedWithContext)).toBeNull();
    expect(await open(made[name].sealed, CONTEXT)).toBeNull();
  });

  it.each(JWE)('of %s has the header and the lengths of then', async (name) => {
    const { protecting: key } = await keysOf(name);
    const seal = (context?: string) => sealJwe({ algorithm: algorithmOf(name), key, kid: KID, context, plaintext: CONTENT });
    for (const [now, then] of [
      [await seal(), made[name].sealed],
      [await seal(CONTEXT), made[name].sealedWithContext],
    ] as const) {
      expect(headerOf(now)).toBe(headerOf(then));
      expect(lengthsOf(now)).toEqual(lengthsOf(then));
    }
  });
});

describe('A JWS of the first algorithms', () => {
  it.each(JWS)('of %s that was made then is valid now', async (name) => {
    const algorithm = algorithmOf(name);
    const { processing: key } = await keysOf(name);
    const input = read(made[name].signed, algorithm);
    expect(input && (await verifyJws({ algorithm, key, input }))).toEqual(CONTENT);
  });

  it.each(JWS)('of %s has the header, the payload and the length of then', async (name) => {
    const { protecting: key } = await keysOf(name);
    const now = await signJws({ algorithm: algorithmOf(name), key, kid: KID, payload: CONTENT });
    expect(headerOf(now)).toBe(headerOf(made[name].signed));
    expect(now.split('.')[1]).toBe(made[name].signed.split('.')[1]);
    expect(lengthsOf(now)).toEqual(lengthsOf(made[name].signed));
  });

  it('of EdDSA, which has no randomness (RFC 8032 section 5.1.6), is the text of then, byte for byte', async () => {
    const { protecting: key } = await keysOf('EdDSA');
    const now = await signJws({ algorithm: algorithmOf('EdDSA'), key, kid: KID, payload: CONTENT });
    expect(now).toBe(made.EdDSA.signed);
  });
});

describe('A decoy of the first algorithms', () => {
  it.each([...JWE, ...JWS])('of %s is the text of then, byte for byte', (name) => {
    for (const [characters, text] of Object.entries(made[name].decoys))
      expect(decoy(algorithmOf(name), Number(characters)).text).toBe(text);
  });
});

describe('Reading for the first algorithms', () => {
  const withHeader = (text: string, change: (header: Record<string, unknown>) => unknown): string => {
    const [header = '', ...rest] = text.split('.');
    const changed = change(JSON.parse(Buffer.from(header, 'base64url').toString()) as Record<string, unknown>);
    return [encodeBase64url(typeof changed === 'string' ? changed : JSON.stringify(changed)), ...rest].join('.');
  };

  /** Header parameters that are added or put in place of the ones that are there. */
  const PARAMETERS: readonly (readonly [name: string, parameters: Record<string, unknown>])[] = [
    ['typ', { typ: 'JOSE' }],
    ['cty', { cty: 'text/plain' }],
    ['ctx', { ctx: 'AAAA' }],
    ['another kid', { kid: 'other' }],
    ['a kid of 128 characters', { kid: 'k'.repeat(128) }],
    ['a kid of 129 characters', { kid: 'k'.repeat(129) }],
    ['an empty kid', { kid: '' }],
    ['no kid', { kid: undefined }],
    ['a kid that is a number', { kid: 7 }],
    ['typ null', { typ: null }],
    ['cty as an object', { cty: {} }],
    ['ctx as an array', { ctx: ['AAAA'] }],
    ['no alg', { alg: undefined }],
    ['alg none', { alg: 'none' }],
    ['alg dir', { alg: 'dir' }],
    ['alg A128KW', { alg: 'A128KW' }],
    ['alg HS256', { alg: 'HS256' }],
    ['alg as an array', { alg: ['A256KW'] }],
    ['enc A128GCM', { enc: 'A128GCM' }],
    ['zip', { zip: 'DEF' }],
    ['crit', { crit: ['exp'] }],
    ['b64', { b64: false }],
    ['jwk', { jwk: {} }],
    ['jku', { jku: 'https://attacker.example' }],
    ['x5u', { x5u: 'https://attacker.example' }],
    ['x5c', { x5c: [] }],
    ['x5t', { x5t: 'AAAA' }],
    ['p2s', { p2s: 'AAAA' }],
    ['p2c', { p2c: 1 }],
    ['epk', { epk: { kty: 'OKP', crv: 'X25519', x: 'AAAA' } }],
    ['apu', { apu: 'AAAA' }],
    ['apv', { apv: 'AAAA' }],
    ['iv', { iv: 'AAAA' }],
    ['tag', { tag: 'AAAA' }],
    ['constructor', { constructor: 'Object' }],
    ['toString', { toString: 'text' }],
  ];

  const variantsOf = (text: string): Readonly<Record<string, string>> => {
    const segments = text.split('.');
    const put = (at: number, segment: string) => segments.map((old, index) => (index === at ? segment : old)).join('.');
    return {
      'as it is': text,
      ...Object.fromEntries(PARAMETERS.map(([name, parameters]) => [name, withHeader(text, (header) => ({ ...header, ...parameters }))])),
      __proto: withHeader(text, (header) => JSON.stringify(header).replace('{', '{"__proto__":"text",')),
      'enc twice': withHeader(text, (header) => JSON.stringify(header).replace('{', '{"enc":"A256GCM",')),
      'a header with white space': withHeader(text, (header) => JSON.stringify(header, null, 1)),
      'a header of 2048 characters': withHeader(text, (header) => JSON.stringify(header).padEnd(1536)),
      'a header of more': withHeader(text, (header) => JSON.stringify(header).padEnd(1537)),
      'a header that is an array': withHeader(text, () => []),
      'a header that is null': withHeader(text, () => 'null'),
      'a header that is no JSON': withHeader(text, () => '{'),
      'an empty header': put(0, ''),
      'no text': '',
      'a segment less': segments.slice(0, -1).join('.'),
      'a segment more': `${text}.AAAA`,
      'padding at the end': `${text}=`,
      'a line feed at the end': `${text}\n`,
      'a space before it': ` ${text}`,
      ...Object.fromEntries(segments.slice(1).map((segment, at) => [`segment ${at + 1} longer`, put(at + 1, `${segment}AAAA`)])),
      ...Object.fromEntries(segments.slice(1).map((segment, at) => [`segment ${at + 1} shorter`, put(at + 1, segment.slice(4))])),
      ...Object.fromEntries(segments.slice(1).map((_, at) => [`segment ${at + 1} empty`, put(at + 1, '')])),
      ...Object.fromEntries(segments.slice(1).map((segment, at) => [`segment ${at + 1} with a plus`, put(at + 1, `+${segment.slice(1)}`)])),
    };
  };

  const readable = (name: FirstName, text: string): readonly string[] =>
    Object.entries(variantsOf(text)).flatMap(([label, variant]) => (read(variant, algorithmOf(name)) ? [label] : []));

  const ALWAYS = ['as it is', 'typ', 'cty', 'another kid', 'a kid of 128 characters'];
  const ODD_HEADERS = ['a header with white space', 'a header of 2048 characters'];

  it.each(JWE)('lets these variants of a JWE of %s through and no other', (name) => {
    expect(readable(name, made[name].sealed).toSorted()).toEqual(
      [...ALWAYS, 'ctx', 'enc twice', ...ODD_HEADERS, 'segment 3 longer', 'segment 3 shorter', 'segment 3 empty'].toSorted(),
    );
  });

  it.each(JWS)('lets these variants of a JWS of %s through and no other', (name) => {
    expect(readable(name, made[name].signed).toSorted()).toEqual(
      [...ALWAYS, ...ODD_HEADERS, 'segment 1 longer', 'segment 1 shorter', 'segment 1 empty'].toSorted(),
    );
  });

  it.each([...JWE, ...JWS])('lets a text of %s through for an algorithm with the same header, and for no other', (name) => {
    const text = name === 'ES256' || name === 'EdDSA' ? made[name].signed : made[name].sealed;
    const same: readonly FirstName[] = name === 'ES256' || name === 'EdDSA' ? [name] : JWE;
    expect([...JWE, ...JWS].filter((other) => read(text, algorithmOf(other)))).toEqual(same);
  });
});
