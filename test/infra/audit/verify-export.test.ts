import { generateKeyPairSync, randomUUIDv7 } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { canonicalJson, type Json } from '#infra/audit/canonical-json.ts';
import { keptHeadOf } from '#infra/audit/kept-head.ts';
import { hashOf, objectOf } from '#infra/audit/lines.ts';
import { createLineSigner, type LineSigner } from '#infra/audit/signed-lines.ts';
import { verdictOf } from '#test/support/audited-kms.ts';

const AT = Date.UTC(2031, 0, 1);

const newSigner = (): LineSigner => createLineSigner(generateKeyPairSync('ed25519').privateKey);

interface Point {
  readonly chain: string;
  readonly seq: number;
  readonly hash: string;
}

/** A chain of so many acts, with a head in the middle and one at its end. */
const chainOf = (
  signer: LineSigner,
  acts: number,
  follows: readonly Point[] = [],
): { readonly lines: readonly string[]; readonly head: Point } => {
  const chain = randomUUIDv7();
  const head = (kind: string, seq: number, hash: string) => signer.sign({ at: AT, chain, hash, kind, seq, v: 1 });
  const begin = canonicalJson({ at: AT, chain, follows: follows.map((point) => ({ ...point })), kind: 'begin', seq: 0, v: 1 });
  const lines = [begin];
  let hash = hashOf(begin);
  for (let seq = 1; seq <= acts; seq += 1) {
    const line = canonicalJson({ action: 'encrypt', at: AT + seq, chain, kind: 'act', outcome: 'done', previous: hash, seq, v: 1 });
    lines.push(line);
    hash = hashOf(line);
    if (seq === Math.ceil(acts / 2)) lines.push(head('head', seq, hash));
  }
  return { lines: [...lines, head('end', acts, hash)], head: { chain, seq: acts, hash } };
};

const firstLine = (signer: LineSigner, heads: readonly Point[]): string =>
  signer.sign({ at: AT, heads: heads.map((point) => ({ ...point })), kind: 'export', public_key: { ...signer.publicJwk }, v: 1 });

/** An export of two chains: the second one names the first. */
const sound = (signer = newSigner()) => {
  const one = chainOf(signer, 6);
  const two = chainOf(signer, 3, [one.head]);
  return { signer, one, two, lines: [firstLine(signer, [one.head, two.head]), ...one.lines, ...two.lines] };
};

const without = (lines: readonly string[], at: number): readonly string[] => lines.toSpliced(at, 1);

describe('an export', () => {
  it('holds as it was written, and says how far each chain goes', () => {
    const { signer, one, two, lines } = sound();
    expect(verdictOf(lines)).toEqual({
      holds: true,
      faults: [],
      key: signer.kid,
      chains: [
        { chain: one.head.chain, records: 7, signed: 6, end: 'end' },
        { chain: two.head.chain, records: 4, signed: 3, end: 'end' },
      ],
    });
  });

  it('is found at every byte of every line that was changed', () => {
    const { lines } = sound();
    const whole = lines.join('\n');
    // One of each dozen, and each line somewhere.
    for (let at = 0; at < whole.length; at += 13) {
      if (whole[at] === '\n') continue;
      const other = whole[at] === 'x' ? 'y' : 'x';
      const { holds, faults } = verdictOf(`${whole.slice(0, at)}${other}${whole.slice(at + 1)}`.split('\n'));
      const line = whole.slice(0, at).split('\n').length;
      // Where a record is another one than it was, the line behind it does not follow.
      expect([holds, [line, line + 1].includes(faults[0]?.line ?? 0)], `byte ${at}`).toEqual([false, true]);
    }
  });

  it.each([
    [
      'a record that was changed',
      (lines: readonly string[]) => lines.with(3, lines[3]?.replace('encrypt', 'decrypt') ?? ''),
      { line: 5, seq: 3 },
    ],
    ['a record that was removed', (lines: readonly string[]) => without(lines, 3), { line: 4, seq: 2 }],
    [
      'two records in the other order',
      (lines: readonly string[]) => lines.with(2, lines[3] ?? '').with(3, lines[2] ?? ''),
      { line: 3, seq: 1 },
    ],
    ['a record that is there twice', (lines: readonly string[]) => lines.toSpliced(3, 0, lines[3] ?? ''), { line: 5, seq: 3 }],
    [
      'a head that stands elsewhere',
      (lines: readonly string[]) => lines.toSpliced(5, 1).toSpliced(3, 0, lines[5] ?? ''),
      { line: 4, seq: 2 },
    ],
    ['a record behind the end of its chain', (lines: readonly string[]) => lines.toSpliced(10, 0, added(lines)), { line: 11, seq: 7 }],
    [
      'the end of a chain that was cut off',
      (lines: readonly string[]) => [...lines.slice(0, 6), ...lines.slice(10)],
      { line: null, seq: 4 },
    ],
    ['a chain that was taken away', (lines: readonly string[]) => [...lines.slice(0, 1), ...lines.slice(10)], { line: null, seq: 0 }],
    ['the end of the file that was cut off', (lines: readonly string[]) => lines.slice(0, -2), { line: null, seq: 3 }],
    [
      'a line that nests deeper than a function can call itself',
      (lines: readonly string[]) => lines.with(3, `{"a":${'['.repeat(200_000)}${']'.repeat(200_000)}}`),
      { line: 4, seq: null },
    ],
    ['the begin of a chain that was removed', (lines: readonly string[]) => without(lines, 1), { line: 2, seq: 0 }],
  ])('names the place of %s', (_, change, place) => {
    const { lines } = sound();
    const { holds, faults } = verdictOf(change(lines));
    expect(holds).toBe(false);
    expect(faults[0]).toMatchObject(place);
  });

  const added = (lines: readonly string[]): string => {
    const last = objectOf(lines[8] ?? '') ?? {};
    return canonicalJson({ ...last, previous: hashOf(lines[8] ?? ''), seq: 7 });
  };

  it('does not hold where everything was hashed anew from a record on, and says at which head that shows', () => {
    const { lines } = sound();
    const forged: string[] = [];
    let previous = '';
    for (const text of lines.slice(1, 10)) {
      const line = objectOf(text) ?? {};
      const isRecord = line['kind'] === 'act' || line['kind'] === 'begin';
      const changed: { readonly [member: string]: Json } = {
        ...line,
        ...(line['seq'] === 5 && { action: 'decrypt' }),
        ...(isRecord && previous !== '' && { previous }),
      };
      const made = isRecord ? canonicalJson(changed) : text;
      if (isRecord) previous = hashOf(made);
      forged.push(made);
    }
    const { holds, faults } = verdictOf([lines[0] ?? '', ...forged, ...lines.slice(10)]);
    expect(holds).toBe(false);
    // The first line names the last record; the head in the middle still holds.
    expect(faults).toMatchObject([{ line: 9, seq: 6, what: 'is not the record that the first line names' }]);
  });

  it('takes no head of another key', () => {
    const { lines } = sound();
    const other = newSigner();
    const { signature: _, key: __, ...head } = objectOf(lines[5] ?? '') ?? {};
    const { holds, faults } = verdictOf(lines.with(5, other.sign(head)));
    expect([holds, faults[0]]).toMatchObject([false, { line: 6, seq: 4, what: expect.stringContaining('is not signed by the key') }]);
  });

  it('that was made anew as a whole holds by itself, and not under the key that was kept', () => {
    const { lines } = sound();
    expect(verdictOf(lines).holds).toBe(true);
    const { holds, faults } = verdictOf(lines, { kept: { publicKey: newSigner().publicJwk, head: null } });
    expect([holds, faults[0]?.line]).toEqual([false, 1]);
  });

  it('has to reach the head that was kept, with the record that it names', () => {
    const { signer, one, lines } = sound();
    const reaching = (head: Point) => verdictOf(lines, { kept: { publicKey: signer.publicJwk, head } });
    expect(reaching(one.head).holds).toBe(true);
    expect(reaching({ ...one.head, seq: 9 }).faults).toMatchObject([{ chain: one.head.chain, seq: 7 }]);
    expect(reaching({ ...one.head, hash: hashOf('other') }).faults).toMatchObject([{ chain: one.head.chain, seq: 6 }]);
    expect(reaching({ ...one.head, chain: randomUUIDv7() }).faults).toMatchObject([
      { seq: 0, what: expect.stringContaining('is missing') },
    ]);
  });

  it('tells of a chain without a signed end, and checks what stands behind its last head', () => {
    const signer = newSigner();
    const { lines, head } = chainOf(signer, 4);
    const open = lines.slice(0, -1);
    const first = firstLine(signer, [{ ...head, seq: 2, hash: hashOf(lines[2] ?? '') }]);
    expect(verdictOf([first, ...open])).toMatchObject({ holds: true, chains: [{ records: 5, signed: 2, end: 'open' }] });
    const changed = open.map((line, at) => (at === open.length - 2 ? line.replace('done', 'failed') : line));
    expect(verdictOf([first, ...changed])).toMatchObject({ holds: false, faults: [{ seq: 4 }] });
  });

  it.each([
    ['nothing', []],
    ['an empty line', ['']],
    ['no first line', sound().lines.slice(1)],
    ['a text', ['hello']],
    ['a list', ['[]']],
    ['an export of a later version', [newSigner().sign({ at: AT, heads: [], kind: 'export', v: 2 })]],
    ['no key', [newSigner().sign({ at: AT, heads: [], kind: 'export', v: 1 })]],
  ])('is none that is %s', (_, lines) => {
    expect(verdictOf(lines)).toMatchObject({ holds: false });
  });
});

describe('a head that was kept', () => {
  it('is the answer of the admin listener, or what the CLI printed', () => {
    const signer = newSigner();
    const { lines, head } = chainOf(signer, 2);
    const text = JSON.stringify({ version: 1, line: lines.at(-1), public_key: signer.publicJwk });
    expect(keptHeadOf(text)).toEqual({ publicKey: signer.publicJwk, head });
    expect(keptHeadOf(JSON.stringify({ line: null, public_key: signer.publicJwk }))).toEqual({ publicKey: signer.publicJwk, head: null });
    expect(keptHeadOf(JSON.stringify({ line: lines.at(-1), public_key: newSigner().publicJwk }))).toBeNull();
    for (const other of ['', '{}', '[]', JSON.stringify({ public_key: { kty: 'RSA' } })]) expect(keptHeadOf(other)).toBeNull();
  });
});

describe('canonical JSON', () => {
  it('sorts members by their UTF-16 code units and escapes as RFC 8785 shows', () => {
    const value = {
      '\u20ac': 'Euro Sign',
      '\r': 'Carriage Return',
      '1': 'One',
      '\ud83d\ude00': 'Smiley',
      '\u0080': 'Control',
      '\u00f6': 'O',
      '\ufb33': 'Dalet',
    };
    expect(Object.values(JSON.parse(canonicalJson(value)) as object).toSorted()).toEqual(Object.values(value).toSorted());
    expect(canonicalJson(value)).toBe(
      '{"\\r":"Carriage Return","1":"One","\u0080":"Control","\u00f6":"O","\u20ac":"Euro Sign","\ud83d\ude00":"Smiley","\ufb33":"Dalet"}',
    );
    expect(canonicalJson({ b: [1, null, true, { d: 1, c: 'x' }], a: '"\\/\b\u0007' })).toBe(
      '{"a":"\\"\\\\/\\b\\u0007","b":[1,null,true,{"c":"x","d":1}]}',
    );
  });
});
