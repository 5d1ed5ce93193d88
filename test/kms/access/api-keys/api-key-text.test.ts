import { randomBytes, randomUUID, randomUUIDv7 } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { addressOf, API_KEY_PATTERN, makeApiKey, readApiKey } from '#kms/access/api-keys/credential/api-key-text.ts';

const address = () => ({ tenantId: randomUUID(), id: randomUUIDv7() });
const make = (of = address()) => makeApiKey(of, randomBytes(32)).text;

describe('The text of an API key', () => {
  it('says which tenant and row it is of, whatever the bytes', () => {
    for (let count = 0; count < 100; count += 1) {
      const of = address();
      const { text, hashed } = makeApiKey(of, randomBytes(32));
      const read = readApiKey(text);
      if (typeof read === 'string') throw new Error(read);
      expect(addressOf(read.idPart)).toEqual(of);
      expect(read.hashed).toBe(hashed);
    }
  });

  it('has one length, with a secret of zeros too', () => {
    expect(makeApiKey(address(), new Uint8Array(32)).text).toHaveLength(97);
    expect(makeApiKey(address(), new Uint8Array(32).fill(255)).text).toHaveLength(97);
  });

  it('is as documented for the same bytes ever after', () => {
    const of = { tenantId: '00112233-4455-4677-8899-aabbccddeeff', id: '01980f6e-7c1a-7d3e-9b52-0c6f3a1e8d47' };
    expect(makeApiKey(of, new Uint8Array(32).fill(7)).text).toMatchInlineSnapshot(
      `"ptk_00z0R12GEHLATbF2IUQPrXJnylAIKTOCM59pPlhmyLn_1fJjkkpe9PiTw9KSulA8Ghct30vZz4HpdQ5c5b9cPF14PiWnm"`,
    );
  });

  it('is found by the pattern for scanners, in the middle of other text', () => {
    const text = make();
    const found = new RegExp(API_KEY_PATTERN).exec(`export const KEY = "${text}"; // ${randomUUID()}`);
    expect(found?.[0]).toBe(text);
  });

  it('is known to be mistyped: one letter changed, two exchanged, one left out', () => {
    const text = make();
    for (let at = 4; at < text.length; at += 1) {
      if (at === 47) continue;
      const changed = text.slice(0, at) + (text[at] === 'a' ? 'b' : 'a') + text.slice(at + 1);
      expect(readApiKey(changed)).toBe('checksum-wrong');
      expect(readApiKey(text.slice(0, at) + text.slice(at + 1))).toBe('malformed');
    }
    const at = text.split('').findIndex((digit, index) => index > 47 && digit !== text[index + 1]);
    const exchanged = text.slice(0, at) + (text[at + 1] ?? '') + (text[at] ?? '') + text.slice(at + 2);
    expect(readApiKey(exchanged)).toBe('checksum-wrong');
  });

  it.each([
    ['nothing behind the prefix', 'ptk_'],
    ['a character that is no digit', make().replace(/.$/, '-')],
    ['something behind it', `${make()}0`],
    ['another prefix', make().replace('ptk_', 'PTK_')],
    ['no separator', make().replace(/^(ptk_.{43})_/, '$10')],
  ])('is malformed with %s', (_, text) => {
    expect(readApiKey(text)).toBe('malformed');
  });

  it('names no row where its id part is larger than 32 bytes, or no two ids of ours', () => {
    expect(addressOf('z'.repeat(43))).toBeNull();
    const text = makeApiKey({ tenantId: randomUUIDv7(), id: randomUUID() }, randomBytes(32)).text;
    expect(addressOf(text.slice(4, 47))).toBeNull();
  });
});
