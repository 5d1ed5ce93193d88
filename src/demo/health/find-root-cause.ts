import type { Engine, PartName, ServiceName } from '#engine/engine.ts';
import { failureFrom } from '#infra/apperr/result.ts';
import type { StackAccess } from '#demo/step/stack-access.ts';
import type { RootCause } from '../events.ts';
import { isService, partsOf } from './chain.ts';
import { probe } from './probe.ts';
import { engineCause, isWell, rootCauseOf, troubledOf, type Finding } from './root-cause.ts';

/** The stack in which a cause is looked for, and the means. */
export interface Search {
  readonly engine: Engine;
  readonly stack: StackAccess;
  /** Of the run, in chain order. */
  readonly services: readonly ServiceName[];
  readonly now: () => number;
  readonly sleep: (milliseconds: number, signal: AbortSignal) => Promise<void>;
  readonly signal: AbortSignal;
}

/** Clients notice an end before the platform tells of it; milliseconds, a little more than an engine takes between two looks. */
const END_TOLD_MS = 2_500;
const LOOK_MS = 100;

/**
 * Looks at the chain after a failed step for the part that explains the failure; null when every part is well. An engine that cannot be
 * asked is the cause, alone: nobody knows how its parts are.
 */
export const findRootCause = (search: Search): Promise<RootCause | null> => orEngine(search, () => searchChain(search));

/** The cause where a part of the run has ended; null, and no look at the others, where none has. */
export const findDeadPart = (search: Search): Promise<RootCause | null> =>
  orEngine(search, async () => {
    const statuses = await search.engine.status();
    const parts = partsOf(search.engine.parts, search.services);
    return statuses.some(({ service, state }) => state === 'exited' && parts.includes(service)) ? searchChain(search) : null;
  });

/**
 * The cause why the stack is not usable at the end of a run; null when every service that is there, or was healthy in this run, runs and
 * is ready. A service that is not is asked a second time, as it may have been busy for a moment.
 */
export const findCauseAtEnd = (search: Search, wereHealthy: ReadonlySet<ServiceName>): Promise<RootCause | null> =>
  orEngine(search, async () => {
    const { engine, sleep, signal } = search;
    const statuses = await engine.status();
    const isThere = (each: ServiceName): boolean => statuses.some(({ service, state }) => service === each && state !== 'absent');
    const services = search.services.filter((each) => isThere(each) || wereHealthy.has(each));
    const areWell = async (): Promise<boolean> => troubledOf(await findAll(partsOf(engine.parts, services), search)).length === 0;
    if (await areWell()) return null;
    await sleep(LOOK_MS, signal);
    return (await areWell()) ? null : searchChain({ ...search, services });
  });

const searchChain = async (search: Search): Promise<RootCause | null> => {
  const { engine, now, sleep, signal } = search;
  const parts = partsOf(engine.parts, search.services);
  const begun = now();
  let findings = await findAll(parts, search);
  // Nothing was started: the failed step says itself what is wrong.
  if (findings.every(({ state }) => state === 'absent')) return null;
  while (isUnexplained(findings) && now() - begun < END_TOLD_MS) {
    await sleep(LOOK_MS, signal).catch(() => undefined);
    // An interruption ends the run: nobody waits for a cause any more.
    if (signal.aborted) return null;
    const statuses = await engine.status();
    if (statuses.some(({ service, state }) => state === 'exited' && parts.includes(service))) findings = await findAll(parts, search);
  }
  return rootCauseOf(findings);
};

/** The search fails only where the engine cannot be asked; after an interruption nobody waits for a cause any more. */
const orEngine = async ({ engine, signal }: Search, find: () => Promise<RootCause | null>): Promise<RootCause | null> => {
  try {
    return await find();
  } catch (thrown) {
    return signal.aborted ? null : engineCause(engine.kind, failureFrom(thrown));
  }
};

/** Something is not well, and nothing ended that would say why. */
const isUnexplained = (findings: readonly Finding[]): boolean =>
  troubledOf(findings).length > 0 && !findings.some(({ state }) => state === 'exited');

const findAll = async (parts: readonly PartName[], { engine, stack, signal }: Search): Promise<readonly Finding[]> => {
  const statuses = await engine.status();
  return Promise.all(
    parts.map(async (part): Promise<Finding> => {
      const { state, health } = statuses.find((each) => each.service === part) ?? { state: 'absent', health: null };
      if (state === 'absent') return { part, state, health, probe: null, diagnosis: null };
      const seen = isService(part) ? await probe({ stack, service: part, signal }) : null;
      const finding: Finding = { part, state, health, probe: seen, diagnosis: null };
      return isWell(finding) ? finding : { ...finding, diagnosis: await engine.diagnose(part) };
    }),
  );
};
