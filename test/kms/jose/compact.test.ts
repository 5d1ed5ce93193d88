import { randomUUIDv7 } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { algorithmOf } from '#kms/jose/algorithms.ts';
import { encodeBase64url } from '#kms/jose/encoding/base64url.ts';
import { decoyJwe, decoyJws } from '#kms/jose/decoys.ts';
import { readJwe, readJws } from '#kms/jose/compact.ts';

const encryption = algorithmOf('A256GCM/A256KW');
const es256 = algorithmOf('ES256');

const jweWith = (header: unknown) =>
  [encodeBase64url(JSON.stringify(header)), 'A'.repeat(54), 'A'.repeat(16), 'AAAA', 'A'.repeat(22)].join('.');
const jwsWith = (header: unknown) => [encodeBase64url(JSON.stringify(header)), 'AAAA', 'A'.repeat(86)].join('.');
const jweHeader = () => ({ alg: 'A256KW', enc: 'A256GCM', kid: randomUUIDv7() });

describe('JWE input', () => {
  it('reads a well-formed JWE with each header parameter that is known', () => {
    const header = { ...jweHeader(), ctx: 'AAAA', typ: 'JOSE', cty: 'text' };
    expect(readJwe(jweWith(header), encryption)).toMatchObject({ text: jweWith(header), kid: header.kid, header });
    expect(readJwe(jweWith(header), encryption)?.segments.map(({ length }) => length)).toEqual([40, 12, 3, 16]);
  });

  it.each([
    ['zip', { zip: 'DEF' }],
    ['crit', { crit: ['exp'] }],
    ['jwk', { jwk: {} }],
    ['jku', { jku: 'https://attacker.example' }],
    ['x5u', { x5u: 'https://attacker.example' }],
    ['x5c', { x5c: [] }],
    ['p2s and p2c', { p2s: 'AAAA', p2c: 2 ** 31 }],
    ['epk', { epk: {} }],
    ['iv and tag', { iv: 'AAAA', tag: 'AAAA' }],
    ['another alg', { alg: 'dir' }],
    ['RSA1_5', { alg: 'RSA1_5' }],
    ['PBES2', { alg: 'PBES2-HS256+A128KW' }],
    ['alg none', { alg: 'none' }],
    ['another enc', { enc: 'A128GCM' }],
    ['an empty kid', { kid: '' }],
    ['a kid of 129 characters', { kid: 'k'.repeat(129) }],
    ['a kid that is no text', { kid: 7 }],
    ['a ctx that is no text', { ctx: null }],
  ])('refuses %s in the header', (_what, parameter) => {
    expect(readJwe(jweWith({ ...jweHeader(), ...parameter }), encryption)).toBeNull();
  });

  it.each([
    ['no JSON', 'not json'],
    ['an array', '[]'],
    ['null', 'null'],
    ['text', '"text"'],
  ])('refuses a header that is %s', (_what, json) => {
    const [, ...rest] = jweWith(jweHeader()).split('.');
    expect(readJwe([encodeBase64url(json), ...rest].join('.'), encryption)).toBeNull();
  });

  it('refuses a header that is not UTF-8', () => {
    const [, ...rest] = jweWith(jweHeader()).split('.');
    expect(readJwe([encodeBase64url(Uint8Array.of(0x7b, 0xff, 0x7d)), ...rest].join('.'), encryption)).toBeNull();
  });

  it('refuses a wrong number of segments and segments of a wrong length', () => {
    const segments = jweWith(jweHeader()).split('.');
    const replaced = (index: number, text: string) => segments.map((segment, at) => (at === index ? text : segment)).join('.');
    expect(readJwe(segments.slice(0, 4).join('.'), encryption)).toBeNull();
    expect(readJwe([...segments, 'AAAA'].join('.'), encryption)).toBeNull();
    expect(readJwe(replaced(1, 'A'.repeat(32)), encryption)).toBeNull();
    expect(readJwe(replaced(2, 'A'.repeat(22)), encryption)).toBeNull();
    expect(readJwe(replaced(4, 'A'.repeat(16)), encryption)).toBeNull();
    expect(readJwe(replaced(4, ''), encryption)).toBeNull();
  });

  it('refuses white space and padding anywhere', () => {
    const text = jweWith(jweHeader());
    for (const hostile of [` ${text}`, `${text}\n`, `${text}=`, text.replace('.', ' .')]) expect(readJwe(hostile, encryption)).toBeNull();
  });

  it('is not read for a key that signs', () => {
    expect(readJwe(jweWith(jweHeader()), es256)).toBeNull();
  });
});

describe('JWS input', () => {
  it('reads a well-formed JWS', () => {
    const header = { alg: 'ES256', kid: randomUUIDv7() };
    expect(readJws(jwsWith(header), es256)?.kid).toBe(header.kid);
  });

  it.each([
    ['alg none', { alg: 'none' }],
    ['HS256', { alg: 'HS256' }],
    ['the algorithm of another key', { alg: 'EdDSA' }],
    ['an embedded key', { jwk: {} }],
    ['an unencoded payload', { b64: false, crit: ['b64'] }],
  ])('refuses %s', (_what, parameter) => {
    expect(readJws(jwsWith({ alg: 'ES256', kid: randomUUIDv7(), ...parameter }), es256)).toBeNull();
  });

  it('is not read for a key that encrypts', () => {
    expect(readJws(jwsWith({ alg: 'A256KW', kid: randomUUIDv7() }), encryption)).toBeNull();
  });
});

describe('A decoy', () => {
  it('passes every check of form, so that only the key refuses it', () => {
    expect(readJwe(decoyJwe(encryption, 1000).text, encryption)).not.toBeNull();
    expect(readJws(decoyJws(es256, 1000).text, es256)).not.toBeNull();
  });

  it('is about as long as the text that it stands for', () => {
    expect(Math.abs(decoyJwe(encryption, 5000).text.length - 5000)).toBeLessThan(300);
    expect(Math.abs(decoyJws(es256, 5000).text.length - 5000)).toBeLessThan(300);
  });
});
