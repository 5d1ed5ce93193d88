import { setTimeout as pause } from 'node:timers/promises';
import { once } from '#infra/cache/once.ts';
import { failureFrom, ok, type Result } from '#infra/apperr/result.ts';
import { diskFix } from '#engine/state/disk-fixes.ts';
import type { StackEngine } from '#engine/stack-engine.ts';
import { dockerCandidate } from '#stack/engine/docker-candidate.ts';
import { refusalOfFolder } from '../find-state-folder.ts';
import { openStack } from '../open-stack.ts';
import { type StackOptions, withDefaults } from '../stack-options.ts';
import { type Check, type DockerMachine, type Finding, foreseen, notChecked, type Patient } from './patient/check.ts';
import { CHECKS } from './checks.ts';
import { type Machine, thisMachine } from './patient/machine.ts';

/** One check and its finding. */
export interface Examined extends Pick<Check, 'id' | 'title'> {
  readonly finding: Finding;
}

export interface ExamineOptions extends Omit<StackOptions, 'purpose' | 'holder'> {
  readonly checks?: readonly Check[];
  readonly machine?: Machine;
  /** How long one check may take, milliseconds; longer than an engine may take to answer. */
  readonly limitMs?: number;
}

/** Carries out every check at once, and answers in their order; never throws, starts nothing and changes nothing. */
export const examine = async (stated: ExamineOptions): Promise<readonly Examined[]> => {
  const { checks = CHECKS, machine = thisMachine, limitMs = 8_000 } = stated;
  const options = { ...withDefaults({ ...stated, purpose: 'look' }), holder: undefined };
  const refused = await refusalOfFolder(options.stateDir);
  await using opened = new AsyncDisposableStack();
  const patient: Patient = {
    options,
    env: options.env,
    machine,
    engine: once(async (): Promise<Result<StackEngine>> => {
      try {
        if (refused !== null) return { ok: false, error: refused };
        const { holder: _, ...looking } = options;
        return ok(opened.use(await openStack({ ...looking, warn: () => undefined })).engine);
      } catch (thrown) {
        return { ok: false, error: failureFrom(thrown) };
      }
    }),
    docker: once(async (): Promise<Result<DockerMachine>> => {
      const found = await dockerCandidate(options).probe();
      if (!found.ok) return found;
      const { engineMachine } = await import('#engine/docker/before-start.ts');
      const asked = await engineMachine({ docker: found.value.connection }, () => machine.now());
      return asked.ok ? ok({ ...asked.value, name: found.value.name }) : asked;
    }),
  };
  return await Promise.all(
    checks.map(async ({ id, title, readsFolder = false, run }) => ({
      id,
      title,
      finding: readsFolder && refused !== null ? notChecked(UNREAD) : await within(limitMs, () => run(patient)),
    })),
  );
};

const UNREAD = 'the state folder cannot be used, so nothing in it is read';

/** A check that does not end, or that meets what nobody foresaw, says so, and keeps no other from its turn. */
const within = async (limitMs: number, run: () => Promise<Finding>): Promise<Finding> => {
  const done = new AbortController();
  const late = async (): Promise<Finding> => {
    await pause(limitMs, undefined, { signal: done.signal });
    return notChecked(`it did not end within ${limitMs} ms`);
  };
  try {
    return await Promise.race([run(), late()]);
  } catch (thrown) {
    const failure = failureFrom(thrown);
    return foreseen('fault', { ...failure, fix: failure.fix || (diskFix(thrown) ?? '') });
  } finally {
    done.abort();
  }
};
