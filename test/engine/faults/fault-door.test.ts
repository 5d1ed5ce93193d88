import { X509Certificate } from 'node:crypto';
import { readdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Fault } from '#engine/fault-door.ts';
import { createFaultDoor, type FaultMeans } from '#engine/faults/create-fault-door.ts';
import { stateFolder } from '#engine/state/state-folder.ts';
import { ok } from '#infra/apperr/result.ts';
import { combineShares } from '#infra/secrets/unseal-shares.ts';
import { testStack } from '#test/support/engine.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';

const never = new AbortController().signal;

/** Means that only tell what they were asked for. */
const toldMeans = (change: Partial<FaultMeans> = {}) => {
  const told: string[] = [];
  const tell = (what: string) => (part: unknown) => Promise.resolve(void told.push(`${what} ${JSON.stringify(part)}`));
  const means: FaultMeans = {
    kill: tell('kill'),
    freeze: tell('freeze'),
    thaw: tell('thaw'),
    stop: tell('stop'),
    start: async (part) => ok(await tell('start')(part)),
    prepare: () => tell('prepare')(null),
    fullDisk: { whyNot: async () => null, inflict: tell('fill'), takeBack: tell('free') },
    clock: null,
    lacks: { part: (part) => (part === 'kms-postgres' ? 'it has no PostgreSQL' : null), fullDisk: '', clock: 'clocks are shared' },
    ...change,
  };
  return { means, told };
};

const doorIn = (path: string, means: FaultMeans, kind: 'embedded' | 'docker' = 'embedded') =>
  createFaultDoor({ kind, folder: stateFolder(path), hosts: [], means, now: Date.now });

const FROZEN: Fault = { kind: 'frozen', part: 'kms' };
const FULL: Fault = { kind: 'disk-full', service: 'kms' };

describe('The door by which a stack is broken', () => {
  it('writes a fault down before it inflicts it, and takes all of them back, the last one first', async () => {
    await using folder = await temporaryDirectory();
    const atFreeze: (readonly Fault[])[] = [];
    const { means, told } = toldMeans({ freeze: async () => void atFreeze.push(await door.inflicted()) });
    const door = doorIn(folder.path, means);
    await door.inflict(FROZEN);
    await door.inflict(FULL);
    expect(atFreeze).toEqual([[FROZEN]]);
    expect(await door.repair()).toEqual([FROZEN, FULL]);
    expect(told).toEqual(['fill "kms"', 'free "kms"', 'thaw "kms"']);
    expect(await door.inflicted()).toEqual([]);
    expect(await readdir(folder.path)).toEqual([]);
    expect(await door.repair()).toEqual([]);
  });

  it('keeps a fault written down that could not be taken back, and one that could not be inflicted as a whole', async () => {
    await using folder = await temporaryDirectory();
    const stuck = async () => {
      throw new Error('stuck');
    };
    const broken = doorIn(folder.path, toldMeans({ thaw: stuck, freeze: stuck }).means);
    await expect(broken.inflict(FROZEN)).rejects.toThrow('stuck');
    await expect(broken.repair()).rejects.toThrow('stuck');
    const { means, told } = toldMeans();
    expect(await doorIn(folder.path, means).repair()).toEqual([FROZEN]);
    expect(told).toEqual(['thaw "kms"']);
  });

  it('leaves alone what a drill broke on the other engine', async () => {
    await using folder = await temporaryDirectory();
    await doorIn(folder.path, toldMeans().means, 'docker').inflict(FROZEN);
    const { means, told } = toldMeans();
    expect(await doorIn(folder.path, means).repair()).toEqual([]);
    expect(told).toEqual([]);
    expect(await doorIn(folder.path, toldMeans().means, 'docker').inflicted()).toEqual([FROZEN]);
  });

  it('says why a fault is not possible, and inflicts none that is not', async () => {
    await using folder = await temporaryDirectory();
    const door = doorIn(folder.path, toldMeans().means);
    const clock: Fault = { kind: 'clock-stepped', service: 'kms', seconds: 60 };
    expect(await door.whyNot({ kind: 'killed', part: 'kms-postgres' })).toBe('it has no PostgreSQL');
    expect(await door.whyNot(clock)).toBe('clocks are shared');
    await expect(door.inflict(clock)).rejects.toMatchObject({ code: 'fault-not-possible' });
    expect(await door.inflicted()).toEqual([]);
  });

  it('repairs only when a fault that is just being inflicted is there', async () => {
    await using folder = await temporaryDirectory();
    const slow = Promise.withResolvers<void>();
    const { means, told } = toldMeans({ freeze: () => slow.promise.then(() => void told.push('frozen')) });
    const door = doorIn(folder.path, means);
    const [inflicted, repaired] = [door.inflict(FROZEN), door.repair()];
    slow.resolve();
    await Promise.all([inflicted, repaired]);
    expect(told).toEqual(['frozen', 'thaw "kms"']);
  });
});

describe('Faults of the files of a stack', () => {
  const sharesOf = async (path: string): Promise<readonly string[]> =>
    Promise.all([1, 2, 3, 4, 5].map((position) => readFile(join(path, 'secrets', `unseal-share-${position}`), 'utf8')));

  it('lost unseal shares are refused by name, not made anew, and come back as they were', async () => {
    await using stack = await testStack();
    const engine = stack.engine();
    await engine.prepare(never);
    await engine.up('kms', never);
    const before = await sharesOf(stack.stateDir);
    await engine.faults.inflict({ kind: 'shares-lost' });
    await expect(sharesOf(stack.stateDir)).rejects.toThrow('ENOENT');
    await engine.faults.repair();
    expect(await sharesOf(stack.stateDir)).toEqual(before);
  });

  it('shares of somebody else are sound, fit together, and give way to the right ones', async () => {
    await using stack = await testStack();
    await stack.engine().prepare(never);
    const before = await sharesOf(stack.stateDir);
    await stack.engine().faults.inflict({ kind: 'shares-foreign' });
    const foreign = await sharesOf(stack.stateDir);
    expect(foreign.filter((share) => before.includes(share))).toEqual([]);
    const [right, wrong] = await Promise.all([combineShares(before.slice(0, 3)), combineShares(foreign.slice(0, 3))]);
    expect(Buffer.from(wrong).equals(Buffer.from(right))).toBe(false);
    // Another process, as after a kill.
    await stack.engine().faults.repair();
    expect(await sharesOf(stack.stateDir)).toEqual(before);
  });

  it('shares that are still away after a repair that failed are not lost to others of somebody else', async () => {
    await using stack = await testStack();
    await stack.engine().prepare(never);
    const before = await sharesOf(stack.stateDir);
    const { faults } = stack.engine();
    await faults.inflict({ kind: 'shares-lost' });
    // As far as a repair had come.
    const aside = join(stack.stateDir, 'drill/aside/secrets/unseal-share-1');
    await rename(aside, join(stack.stateDir, 'secrets/unseal-share-1'));
    await expect(faults.inflict({ kind: 'shares-foreign' })).rejects.toMatchObject({ code: 'shares-still-away' });
    expect(await faults.inflicted()).toEqual([{ kind: 'shares-lost' }]);
    await faults.repair();
    expect(await sharesOf(stack.stateDir)).toEqual(before);
  });

  it('an expired certificate is one of the same authority and names, and is renewed', async () => {
    await using stack = await testStack();
    const engine = stack.engine();
    await engine.prepare(never);
    const leaf = async () => new X509Certificate(await readFile(join(stack.stateDir, 'tls', 'kms.pem'), 'utf8'));
    const before = await leaf();
    await engine.faults.inflict({ kind: 'certificate-expired', service: 'kms' });
    const expired = await leaf();
    expect([expired.issuer, expired.subjectAltName]).toEqual([before.issuer, before.subjectAltName]);
    expect(Date.parse(expired.validTo)).toBeLessThan(Date.now());
    await engine.faults.repair();
    expect(Date.parse((await leaf()).validTo)).toBeGreaterThan(Date.now());
  });
});
