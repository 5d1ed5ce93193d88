import { readdir, truncate, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { orThrow } from '#infra/apperr/or-throw.ts';
import type { Snapshot } from '#stack/snapshot/format/snapshot.ts';
import { type SeededSnapshots, seededSnapshots, type SeedKind } from '#testing/holder/seeded-snapshots.ts';
import { type TestStack, testStack } from '#test/support/engine.ts';
import { save, sayInDatabases } from '#test/support/snapshots.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';

const NEVER = new AbortController().signal;
const KIND: SeedKind = { engine: 'embedded', profile: 'demo', hosts: [], services: ['telemetry', 'identity', 'kms'] };

let stack: TestStack;
let saved: Snapshot;
beforeAll(async () => {
  stack = await testStack();
  const engine = stack.engine();
  orThrow(await engine.prepare(NEVER));
  await sayInDatabases(stack.stateDir, 'seeded');
  saved = (await save(engine, stack.stateDir)).snapshot;
});
afterAll(() => stack[Symbol.asyncDispose]());

const place = async () => {
  const directory = await temporaryDirectory();
  const folder = join(directory.path, 'below', 'seeded');
  const remarks: string[] = [];
  const open = (now = Date.now): SeededSnapshots => seededSnapshots({ folder, now, remark: (line) => void remarks.push(line) });
  return { folder, remarks, open, [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose]() };
};

/** The right to make one, which a test wants to have. */
const rightTo = async (seeded: SeededSnapshots, kind = KIND) => {
  const found = await seeded.find(kind, NEVER);
  if (!('store' in found)) throw new Error('it is there');
  return found;
};

describe('Seeded snapshots', () => {
  it('are made by the first who looks for one, while others wait, and are there for all of that kind', async () => {
    await using at = await place();
    let other: Promise<unknown>;
    {
      await using making = await rightTo(at.open());
      other = at.open().find(KIND, NEVER);
      await expect.poll(() => at.remarks).toEqual(['waiting for another start, which seeds the data that all begin with']);
      await making.store(saved);
    }
    expect(await other).toMatchObject({ snapshot: { hash: saved.hash } });
    expect(await at.open().find(KIND, NEVER)).toMatchObject({ snapshot: { files: saved.files, name: null } });
    for (const change of [{ profile: 'dev' }, { services: ['telemetry', 'identity'] }, { hosts: ['kms.example'] }] as const) {
      await using _other = await rightTo(at.open(), { ...KIND, ...change });
    }
    expect(await readdir(at.folder)).toHaveLength(1);
  });

  it('are left to the next one when the first gives up, and nobody waits longer than he wants to', async () => {
    await using at = await place();
    {
      await using _making = await rightTo(at.open());
      const caller = new AbortController();
      const waiting = at.open().find(KIND, caller.signal);
      await expect.poll(() => at.remarks).toHaveLength(1);
      caller.abort(new Error('no more'));
      await expect(waiting).rejects.toThrow('no more');
    }
    await using _next = await rightTo(at.open());
    expect(await readdir(at.folder)).toHaveLength(1);
  });

  it('are made anew where one is damaged', async () => {
    await using at = await place();
    {
      await using making = await rightTo(at.open());
      await making.store(saved);
    }
    const found = await at.open().find(KIND, NEVER);
    if (!('snapshot' in found)) throw new Error('it was stored');
    await truncate(join(found.snapshot.folder, 'snapshot.json'), 100);
    {
      await using making = await rightTo(at.open());
      await making.store(saved);
    }
    await at.open().discard(found.snapshot);
    expect(at.remarks).toEqual([expect.stringContaining('are made anew')]);
    await using _next = await rightTo(at.open());
  });

  it('go when nobody has used them for thirty days, and stay when somebody has', async () => {
    await using at = await place();
    const day = 24 * 3_600_000;
    const start = Date.now();
    for (const profile of ['dev', 'ci'] as const) {
      await using making = await rightTo(at.open(), { ...KIND, profile });
      await making.store(saved);
    }
    const [old = '', used = ''] = await readdir(at.folder);
    await utimes(join(at.folder, old), (start - 31 * day) / 1_000, (start - 31 * day) / 1_000);
    await utimes(join(at.folder, used), (start - 29 * day) / 1_000, (start - 29 * day) / 1_000);
    await using making = await rightTo(at.open());
    await making.store(saved);
    const left = await readdir(at.folder);
    expect([left.includes(old), left.includes(used)]).toEqual([false, true]);
  });
});
