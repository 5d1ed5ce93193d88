import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { base64urlLength, decodeBase64url, encodeBase64url } from '#kms/jose/encoding/base64url.ts';
import { staysInBufferPool } from '#test/kms/jose/buffer-pool.ts';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

describe('base64url', () => {
  it('gives back any bytes that it encoded', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 512 }), (bytes) => {
        expect(decodeBase64url(encodeBase64url(bytes))).toEqual(bytes);
      }),
    );
  });

  it('knows the length of the text', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 512 }), (bytes) => {
        expect(encodeBase64url(bytes)).toHaveLength(base64urlLength(bytes.length));
      }),
    );
  });

  it('accepts exactly one text for each value: what it decodes encodes to the same text', () => {
    const texts = fc.string({ unit: fc.constantFrom(...ALPHABET), maxLength: 40 });
    fc.assert(
      fc.property(texts, (text) => {
        const bytes = decodeBase64url(text);
        const canonical = Buffer.from(text, 'base64url').toString('base64url') === text;
        expect(bytes === null ? null : encodeBase64url(bytes)).toBe(canonical ? text : null);
      }),
    );
  });

  it('leaves no copy of what it encodes or decodes in memory that nobody zeroes', async () => {
    const bytes = crypto.getRandomValues(new Uint8Array(48));
    let text = '';
    expect(await staysInBufferPool(bytes, () => void (text = encodeBase64url(bytes)))).toBe(false);
    expect(await staysInBufferPool(bytes, () => decodeBase64url(text))).toBe(false);
    expect(await staysInBufferPool(bytes, () => Buffer.from(bytes))).toBe(true);
  });

  it.each([
    ['padding', 'AQ=='],
    ['a space', 'AQ ID'],
    ['a line feed at the end', 'AQID\n'],
    ['the other alphabet', 'A+/A'],
    ['stray bits in a tail of two', 'AR'],
    ['stray bits in a tail of three', 'AQJ'],
    ['a tail of one', 'AQIDB'],
    ['a dot', 'AQ.A'],
    ['a NUL', 'AQ\0A'],
  ])('refuses %s', (_what, text) => {
    expect(decodeBase64url(text)).toBeNull();
  });
});
