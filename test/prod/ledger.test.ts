import { randomUUIDv7 } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { audit, type ReplicaView } from '#test/prod/audit.ts';
import { createLedger, type Ledger, unexplained } from '#test/prod/ledger.ts';
import type { KnownKey, Operation, Protected } from '#test/prod/operations.ts';

const [TENANT, OTHER] = ['one', 'two'] as const;
const ALGORITHM = 'A256GCM/A256KW';
const ok = (body: unknown) => ({ status: 200, body });
const made = (body: unknown) => ({ status: 201, body });
const compact = (kid: string) => `${Buffer.from(JSON.stringify({ kid })).toString('base64url')}.x.y`;

/** A ledger in which one key was made, rotated once and used to encrypt and to sign. */
const told = () => {
  const ledger = createLedger();
  const right = (operation: Operation, answer: { status: number; body: unknown }) => {
    ledger.asks(operation);
    expect([ledger.takes(operation, answer), ledger.wrong]).toEqual(['right', []]);
  };
  const [id, name, first, second] = [randomUUIDv7(), `key-${randomUUIDv7()}`, randomUUIDv7(), randomUUIDv7()];
  right(
    { kind: 'create', tenant: TENANT, name, algorithm: ALGORITHM, again: false },
    made({ id, name, algorithm: ALGORITHM, latest_version: 1 }),
  );
  const [key] = ledger.keysOf(TENANT) as [KnownKey];
  right({ kind: 'rotate', key, above: 1 }, made({ id: second, elastic_key_id: id, version: 2 }));
  right({ kind: 'encrypt', key, content: 'AAAA', context: 'c' }, ok({ ciphertext: compact(second), material_key_id: second }));
  right({ kind: 'sign', key, content: 'BBBB' }, ok({ jws: compact(second), material_key_id: second }));
  const [sealed, signed] = [ledger.sealed[0], ledger.signed[0]] as [Protected, Protected];
  const versions = [
    { id: first, version: 1 },
    { id: second, version: 2 },
  ];
  const view: ReplicaView = {
    name: 'replica',
    keysOf: async (tenant) => (tenant === TENANT ? [{ id, name, algorithm: ALGORITHM }] : []),
    versionsOf: async () => versions,
    decrypt: async () => 'AAAA',
    verify: async () => 'BBBB',
  };
  return { ledger, key, sealed, signed, versions, view };
};

describe('the ledger of a load', () => {
  it('is content with right answers, and with an audit that finds all of them', async () => {
    const { ledger, view } = told();
    expect([ledger.right, ledger.wrong, await audit(ledger, [TENANT, OTHER], view)]).toEqual([4, [], []]);
  });

  const WRONG: readonly (readonly [string, (world: ReturnType<typeof told>) => readonly [Operation, { status: number; body: unknown }]])[] =
    [
      ['another plaintext', ({ sealed }) => [{ kind: 'decrypt', sealed }, ok({ plaintext: 'AAAB' })]],
      [
        'no plaintext',
        ({ sealed }) => [
          { kind: 'decrypt', sealed },
          { status: 400, body: { code: 'decryption-failed' } },
        ],
      ],
      ['a signature that is not valid', ({ signed }) => [{ kind: 'verify', signed }, ok({ valid: false })]],
      [
        'a signature of something else',
        ({ signed }) => [{ kind: 'verify', signed }, ok({ valid: true, payload: 'BBBC', material_key_id: signed.materialKeyId })],
      ],
      [
        'another key',
        ({ key }) => [{ kind: 'read', key, atLeast: 2 }, ok({ id: key.id, name: 'another', algorithm: key.algorithm, latest_version: 2 })],
      ],
      [
        'a version that is older than an acknowledged one',
        ({ key }) => [{ kind: 'read', key, atLeast: 2 }, ok({ id: key.id, name: key.name, algorithm: key.algorithm, latest_version: 1 })],
      ],
      [
        'a version for the second time',
        ({ key }) => [{ kind: 'rotate', key, above: 1 }, made({ id: randomUUIDv7(), elastic_key_id: key.id, version: 2 })],
      ],
      [
        'that an acknowledged key is not there',
        ({ key }) => [
          { kind: 'read', key, atLeast: 1 },
          { status: 404, body: {} },
        ],
      ],
      [
        'another tenant’s key',
        ({ key }) => [
          { kind: 'trespass', tenant: OTHER, key },
          ok({ id: key.id, name: key.name, algorithm: key.algorithm, latest_version: 2 }),
        ],
      ],
      ['another tenant’s key in a list', ({ key }) => [{ kind: 'list', tenant: OTHER }, ok({ items: [{ id: key.id, name: key.name }] })]],
      [
        'a ciphertext of another kid',
        ({ key }) => [
          { kind: 'encrypt', key, content: 'AAAA', context: 'c' },
          ok({ ciphertext: compact(randomUUIDv7()), material_key_id: randomUUIDv7() }),
        ],
      ],
      [
        'a taken name although nobody asked before',
        () => [
          { kind: 'create', tenant: TENANT, name: `key-${randomUUIDv7()}`, algorithm: ALGORITHM, again: false },
          { status: 409, body: { code: 'elastic-key-name-taken' } },
        ],
      ],
      ['a page that is no JSON', ({ key }) => [{ kind: 'read', key, atLeast: 1 }, ok(null)]],
    ];
  it.each(WRONG)('calls it wrong to answer with %s', (_, make) => {
    const world = told();
    const [operation, answer] = make(world);
    expect(world.ledger.takes(operation, answer)).toBe('wrong');
    expect(world.ledger.wrong).toHaveLength(1);
  });

  it('takes a 5xx for a refusal, and a taken name for done where an attempt broke before', () => {
    const { ledger, key } = told();
    expect(ledger.takes({ kind: 'rotate', key, above: 2 }, { status: 503, body: null })).toBe('refused');
    const create: Operation = { kind: 'create', tenant: TENANT, name: `key-${randomUUIDv7()}`, algorithm: ALGORITHM, again: true };
    expect(ledger.takes(create, { status: 409, body: { code: 'elastic-key-name-taken' } })).toBe('taken');
    expect(ledger.wrong).toEqual([]);
  });

  it('finds failures that no kill explains', () => {
    const failure = (since: number, at: number) => ({ kind: 'read' as const, what: 'refused', since, at });
    const window = { from: 1_000, to: 6_000 };
    expect(unexplained([failure(900, 1_001), failure(5_900, 6_000)], window)).toEqual([]);
    expect(unexplained([failure(800, 999)], window)).toHaveLength(1);
    expect(unexplained([failure(5_900, 6_001)], window)).toHaveLength(1);
    expect(unexplained([failure(0, 5_000)], window)).toEqual(['read, sent -1000 ms after the kill, failed 4000 ms after it: refused']);
  });
});

describe('the audit of a replica', () => {
  const auditOf = (ledger: Ledger, view: ReplicaView) => audit(ledger, [TENANT, OTHER], view);

  const LOST: readonly (readonly [string, RegExp, (world: ReturnType<typeof told>) => Partial<ReplicaView>])[] = [
    ['a lost elastic key', /is lost/, () => ({ keysOf: async () => [] })],
    ['a lost version', /version 2 of key-.* is lost/, ({ versions }) => ({ versionsOf: async () => versions.slice(0, 1) })],
    [
      'a version with another material key',
      /version 2 of key-.* is lost/,
      ({ versions }) => ({ versionsOf: async () => versions.map(({ version }) => ({ id: randomUUIDv7(), version })) }),
    ],
    [
      'a version twice',
      /the versions of key-.* are 1 2 2/,
      ({ versions }) => ({ versionsOf: async () => [...versions, ...versions.slice(1)] }),
    ],
    [
      'a version that nobody asked for',
      /rotated more often/,
      ({ versions }) => ({ versionsOf: async () => [...versions, { id: randomUUIDv7(), version: 3 }] }),
    ],
    [
      'one name twice',
      /two keys of one are called key-/,
      ({ view }) => ({ keysOf: async (tenant) => [...(await view.keysOf(tenant)), ...(await view.keysOf(tenant))] }),
    ],
    [
      'a key in another tenant',
      /two has key-.*, which nobody of it asked for/,
      ({ view }) => ({ keysOf: async () => view.keysOf(TENANT) }),
    ],
    ['a ciphertext that opens to something else', /opens to AAAB instead of AAAA/, () => ({ decrypt: async () => 'AAAB' })],
    ['a ciphertext that does not open', /opens to nothing: Error: 400/, () => ({ decrypt: () => Promise.reject(new Error('400')) })],
    ['a signature that is not valid any more', /is of null instead of BBBB/, () => ({ verify: async () => null })],
  ];
  it.each(LOST)('finds %s', async (_, text, change) => {
    const world = told();
    const found = await auditOf(world.ledger, { ...world.view, ...change(world) });
    expect(found).toContainEqual(expect.stringMatching(text));
  });
});
