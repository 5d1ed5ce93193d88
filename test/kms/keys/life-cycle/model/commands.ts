import { randomBytes, randomUUIDv7 } from 'node:crypto';
import fc from 'fast-check';
import { expect } from 'vitest';
import type { Job } from '#infra/jobs/job.ts';
import type { Caller } from '#kms/caller.ts';
import type { Keys } from '#kms/keys/keys.ts';
import { type ModelKey, newKey, type Refusal, steps } from './model.ts';

const DAY = 86_400_000;
const never = new AbortController().signal;

/** One process that serves the keys, and a caller at it. */
export interface Process {
  readonly keys: Keys;
  readonly caller: Caller;
}

/** A key as it really is, beside its model; `made` is what each of its versions protected, the version first. */
interface RealKey {
  readonly id: string;
  readonly kids: string[];
  readonly made: { readonly version: number; readonly text: string; readonly content: string }[];
}

export interface Real {
  readonly processes: readonly Process[];
  readonly clock: { now: number; elapsed: number };
  readonly job: Job;
  readonly keys: RealKey[];
}

export interface Model {
  day: number;
  readonly keys: ModelKey[];
}

/** Which process, key and version a step is about; each taken modulo how many there are. */
interface Chosen {
  readonly process: number;
  readonly key: number;
  readonly version: number;
}

interface Turn {
  readonly process: Process;
  readonly real: RealKey;
  readonly model: ModelKey;
  readonly version: number;
  readonly kid: string;
  readonly day: number;
}

const at = <T>(list: readonly T[], index: number): T => list[index % list.length] as T;

const refusalOf = (work: Promise<unknown>): Promise<Refusal> =>
  work.then(
    () => null,
    (error: unknown) => String(Reflect.get(error as object, 'code')),
  );

/** Every state that a reader sees is that of the model. */
const agree = async ({ keys, caller }: Process, { id }: RealKey, model: ModelKey): Promise<void> => {
  const { state } = await keys.elasticKeys.read(caller, id);
  const versions = (await keys.materialKeys.list(caller, id, { limit: 100 })).items.toReversed();
  expect({ state, versions: versions.map((version) => version.state) }).toEqual({
    state: model.state,
    versions: model.versions.map((version) => version.state),
  });
  const { keys: published } = await keys.materialKeys.jwks(caller, id);
  const kids = versions.map((version) => version.id);
  expect(published.map(({ kid }) => kids.indexOf(kid) + 1)).toEqual(steps.published(model));
};

class Step implements fc.AsyncCommand<Model, Real> {
  readonly #name: string;
  readonly #chosen: Chosen;
  readonly #take: (turn: Turn) => Promise<void>;

  constructor(name: string, chosen: Chosen, take: (turn: Turn) => Promise<void>) {
    this.#name = name;
    this.#chosen = chosen;
    this.#take = take;
  }

  check(): boolean {
    return true;
  }

  async run(model: Model, { processes, keys, clock }: Real): Promise<void> {
    const { process: by, key, version } = this.#chosen;
    const [process, real, ofModel] = [at(processes, by), at(keys, key), at(model.keys, key)];
    const index = version % ofModel.versions.length;
    await this.#take({ process, real, model: ofModel, version: index, kid: real.kids[index] ?? 'none', day: model.day });
    // The leases of the other processes have ended before a change is answered.
    clock.elapsed += 250;
    await agree(at(processes, by + 1), real, ofModel);
  }

  toString(): string {
    const { process, key, version } = this.#chosen;
    return `${this.#name}(process ${process}, key ${key}, version ${version})`;
  }
}

/** Makes a key, really and as its model. */
export const create = async (purpose: ModelKey['purpose'], model: Model, { processes, keys }: Real): Promise<void> => {
  const { keys: by, caller } = at(processes, 0);
  const algorithm = purpose === 'encrypt' ? 'A256GCM/A256KW' : 'ES256';
  const { id } = await by.elasticKeys.create(caller, { name: `key-${randomUUIDv7()}`, algorithm });
  const kids = (await by.materialKeys.list(caller, id)).items.map((version) => version.id);
  keys.push({ id, kids, made: [] });
  model.keys.push(newKey(purpose));
};

class Pass implements fc.AsyncCommand<Model, Real> {
  readonly #days: number;
  constructor(days: number) {
    this.#days = days;
  }
  check(): boolean {
    return true;
  }
  async run(model: Model, { processes, clock, job, keys }: Real): Promise<void> {
    clock.now += this.#days * DAY;
    model.day += this.#days;
    await job.run(never);
    clock.elapsed += 250;
    for (const [index, real] of keys.entries()) {
      const ofModel = at(model.keys, index);
      steps.pass(ofModel, model.day);
      await agree(at(processes, index), real, ofModel);
    }
  }
  toString(): string {
    return `pass(${this.#days} days)`;
  }
}

const protect = async ({ process: { keys, caller }, real, model }: Turn): Promise<void> => {
  const plaintext = randomBytes(8);
  const { id } = real;
  const making =
    model.purpose === 'encrypt'
      ? keys.crypto.encrypt(caller, id, { plaintext }).then(({ jwe: text, materialKeyId }) => ({ text, materialKeyId }))
      : keys.crypto.sign(caller, id, { payload: plaintext }).then(({ jws: text, materialKeyId }) => ({ text, materialKeyId }));
  expect(await refusalOf(making)).toBe(steps.protect(model));
  const made = await making.catch(() => null);
  if (made === null) return;
  // The newest, and no other.
  expect(made.materialKeyId).toBe(real.kids.at(-1));
  real.made.push({ version: model.versions.length - 1, text: made.text, content: plaintext.toString('hex') });
};

const process = async ({ process: { keys, caller }, real, model, version }: Turn): Promise<void> => {
  const made = real.made.filter((each) => each.version === version).at(-1);
  if (made === undefined) return;
  const expected = steps.process(model, model.versions[version] as ModelKey['versions'][number]);
  const { id } = real;
  if (model.purpose === 'encrypt') {
    const opening = keys.crypto.decrypt(caller, id, { jwe: made.text });
    expect(await refusalOf(opening)).toBe(expected === 'failed' ? 'decryption-failed' : expected);
    if (expected === null) expect(Buffer.from(await opening).toString('hex')).toBe(made.content);
    return;
  }
  const verifying = keys.crypto.verify(caller, id, { jws: made.text });
  expect(await refusalOf(verifying)).toBe(expected === 'failed' ? null : expected);
  if (expected === null || expected === 'failed') expect((await verifying).valid).toBe(expected === null);
};

const rotate = async ({ process: { keys, caller }, real, model }: Turn): Promise<void> => {
  const rotating = keys.materialKeys.rotate(caller, real.id);
  expect(await refusalOf(rotating)).toBe(steps.rotate(model));
  const made = await rotating.catch(() => null);
  if (made !== null) real.kids.push(made.id);
};

const versionOf = ({ model, version }: Turn) => model.versions[version] as ModelKey['versions'][number];

/** Sequences of everything that happens to keys. */
export const sequences = (maxCommands: number) => {
  const chosen = fc.record({ process: fc.nat(7), key: fc.nat(1), version: fc.nat(5) });
  const days = fc.integer({ min: 1, max: 6 });
  const step = (name: string, take: (turn: Turn) => Promise<void>) => chosen.map((of) => new Step(name, of, take));
  const waiting = (name: string, take: (turn: Turn, waitDays: number) => Promise<void>) =>
    fc.tuple(chosen, days).map(([of, waitDays]) => new Step(`${name} in ${waitDays} days`, of, (turn) => take(turn, waitDays)));
  return fc.commands(
    [
      days.map((each) => new Pass(each)),
      step('rotate', rotate),
      step('protect', protect),
      step('process', process),
      step('process', process),
      fc.tuple(chosen, fc.constantFrom('active' as const, 'suspended' as const)).map(
        ([of, state]) =>
          new Step(`set ${state}`, of, async ({ process: { keys, caller }, real, model }) => {
            expect(await refusalOf(keys.elasticKeys.change(caller, real.id, { state }))).toBe(steps.set(model, state));
          }),
      ),
      waiting('scheduleDeletion', async ({ process: { keys, caller }, real, model, day }, waitDays) => {
        const refusal = await refusalOf(keys.lifeCycle.scheduleDeletion(caller, real.id, { waitDays }));
        expect(refusal).toBe(steps.scheduleDeletion(model, day + waitDays));
      }),
      step('restore', async ({ process: { keys, caller }, real, model }) => {
        expect(await refusalOf(keys.lifeCycle.restore(caller, real.id))).toBe(steps.restore(model));
      }),
      fc.tuple(chosen, fc.boolean()).map(
        ([of, allowsProcessing]) =>
          new Step(`revoke${allowsProcessing ? ' to process' : ''}`, of, async (turn) => {
            const { process: by, real, kid, model } = turn;
            const revoking = by.keys.lifeCycle.revokeVersion(by.caller, real.id, kid, { reason: 'superseded', allowsProcessing });
            expect(await refusalOf(revoking)).toBe(steps.revoke(model, versionOf(turn), allowsProcessing));
          }),
      ),
      waiting('scheduleVersion', async (turn, waitDays) => {
        const { process: by, real, kid, model, day } = turn;
        const refusal = await refusalOf(by.keys.lifeCycle.scheduleDeletionOfVersion(by.caller, real.id, kid, { waitDays }));
        expect(refusal).toBe(steps.scheduleVersion(model, versionOf(turn), day + waitDays));
      }),
      step('restoreVersion', async (turn) => {
        const { process: by, real, kid, model } = turn;
        expect(await refusalOf(by.keys.lifeCycle.restoreVersion(by.caller, real.id, kid))).toBe(
          steps.restoreVersion(model, versionOf(turn)),
        );
      }),
    ],
    { maxCommands, size: 'max' },
  );
};

/** Whatever has become of the keys, all are destroyed at last. */
export const end = async (model: Model, real: Real): Promise<void> => {
  const { keys: by, caller } = at(real.processes, 0);
  for (const [index, { id }] of real.keys.entries()) {
    const refusal = await refusalOf(by.lifeCycle.scheduleDeletion(caller, id, { waitDays: 1 }));
    expect(refusal).toBe(steps.scheduleDeletion(at(model.keys, index), model.day + 1));
  }
  await new Pass(1).run(model, real);
  expect(model.keys.every(({ state }) => state === 'destroyed')).toBe(true);
};
