import type { FaultDoor } from '#engine/fault-door.ts';
import { AppError } from '#infra/apperr/app-error.ts';
import { failureFrom } from '#infra/apperr/result.ts';
import { operator, tenantAdmin } from '#demo/world/callers.ts';
import { removeFlowKeys } from '#client/admin/flow-keys.ts';
import type { StackAccess } from '#demo/step/stack-access.ts';
import { ANSWER_MS } from '#infra/magic/limits.ts';
import type { StepContext } from '#demo/step/step.ts';
import type { Drill, DrillKit, SecondCli } from './kit/drill.ts';
import { makeWell } from './kit/make-well.ts';
import { type CallersWeather, type Load, startLoad } from './load/load.ts';
import { lostWrites } from './load/lost-writes.ts';

/** The means of all drills, beside what any step gets. */
export interface DrillMeans {
  readonly faults: FaultDoor;
  readonly secondCli: SecondCli;
}

const CALM: CallersWeather = { user: null, token: null };
/** Writes that must be acknowledged before anything is broken, and again when all is well. */
const WRITES = 8;
const WRITES_MS = 20_000;
const [WRITERS, PAUSE_MS] = [2, 50];

/**
 * The course of every drill: callers write → it breaks and checks → repair → callers write again → no answer that may not come, no
 * acknowledged write lost, no key left.
 *
 * The repair comes whatever went wrong; after an interruption it is that of the command, which is not cut short with the step.
 */
export const runDrill = async (drill: Drill, context: StepContext, { faults, secondCli }: DrillMeans): Promise<string> => {
  const { check, progress, signal, stack, warn } = context;
  const callers = untold(stack, drill.boundMs);
  let weather = CALM;
  await using load = await startLoad({
    endpoints: { service: stack.endpoints.kms.service, discovery: stack.endpoints.identity.discovery },
    administrator: () => tenantAdmin(callers),
    session: () => callers.session(),
    weather: () => weather,
    writers: WRITERS,
    pauseMs: PAUSE_MS,
  });
  const inflict: DrillKit['inflict'] = async (fault) => {
    // A drill that has not ended with its step breaks nothing more: the repair may be over.
    signal.throwIfAborted();
    weather = drill.callers;
    await faults.inflict(fault);
  };
  try {
    await check('under-load', 'Writes are acknowledged before it breaks', true, load.moreWrites(WRITES, WRITES_MS));
    const later: (() => Promise<void>)[] = [];
    const afterwards: DrillKit['afterwards'] = (checks) => void later.push(checks);
    let broke: unknown;
    const detail = await drill.run({ ...context, inflict, faults, load, afterwards, secondCli }).catch((thrown: unknown) => {
      broke = thrown;
      return '';
    });
    signal.throwIfAborted();
    progress('repairing');
    const missing = await makeWell({ ...context, faults }).catch((thrown: unknown) => {
      if (broke !== undefined) warn(`the repair failed, too: ${failureFrom(thrown).message}`);
      throw broke ?? thrown;
    });
    if (broke !== undefined) throw broke;
    await check(
      'well',
      'Every service is ready again and misses nothing',
      'nothing',
      missing.length === 0 ? 'nothing' : missing.join('; '),
    );
    // Requests that were under way may still end as they may while it is broken.
    await load.rest();
    weather = CALM;
    load.resume();
    await check('goes-on', 'Writes are acknowledged again', true, load.moreWrites(WRITES, WRITES_MS));
    await load.rest();
    for (const checks of later) await checks();
    await lookAt(load, context);
    return detail === '' ? `${load.ledger.writes()} writes kept` : `${detail}; ${load.ledger.writes()} writes kept`;
  } finally {
    if (!signal.aborted) await removeKeys(load, context);
  }
};

/** For requests that are too many for a transcript: no tick rests on a single one of them. */
const untold = (stack: StackAccess, timeoutMs = ANSWER_MS): StackAccess => ({
  ...stack,
  session: (options) => stack.session({ ...options, timeoutMs, onRequest: () => {} }),
});

const lookAt = async ({ ledger, findings }: Load, { check, stack }: StepContext): Promise<void> => {
  const none = 'none';
  const told = (sentences: readonly string[]): string => {
    const [first, ...rest] = sentences;
    if (first === undefined) return none;
    return rest.length === 0 ? first : `${first} (and ${rest.length} more)`;
  };
  await check('answers', 'Answers that may not come', none, told(findings));
  const writes = ledger.writes();
  const lost = lostWrites(await tenantAdmin(untold(stack)), ledger).then(told);
  await check('nothing-lost', `Of ${writes} acknowledged writes lost or changed, or there though refused`, none, lost);
};

/** Keys of the load are those of a flow: they go with the drill, and the next run removes what a killed one left. */
const removeKeys = async ({ ledger, rest }: Load, { stack, warn }: StepContext): Promise<void> => {
  await rest();
  const names = [...ledger.keys, ...ledger.asked].map(({ name }) => name);
  try {
    const { url, session } = await operator(untold(stack));
    for (const name of names) await removeFlowKeys({ url, session, name });
  } catch (thrown) {
    if (!(thrown instanceof AppError)) throw thrown;
    warn(`keys of this drill are left until the next run: ${thrown.message}`);
  }
};
