import type { DemoEvent, Emit } from '#demo/events.ts';
import { OLD_TLS_CHECK } from '#demo/health/bring-up/bring-up.ts';
import type { Endpoints, Engine } from '#engine/engine.ts';
import { type DemoRefusalLog, noteDemoRefusals, readDemoRefusals } from '#stack/record/demo-refusals.ts';
import type { CommandContext } from '#cli/context/command-context.ts';
import { withoutProvoked } from './logs/without-provoked.ts';

/**
 * Carries out a run and notes the refusals that its steps provoke, those of a handshake included, by which `passthru logs` tells them from trouble. Refusals that cannot
 * be noted stop no run; the reader is told.
 *
 * @param work the run, on the engine that it is given, whose diagnoses leave those refusals out; it tells its events to `emit`
 */
export const notingRefusals = async <T>(
  { settings: { stateDir }, printer }: Pick<CommandContext, 'settings' | 'printer'>,
  { engine, emit }: { readonly engine: Engine; readonly emit: Emit },
  work: (noted: { readonly engine: Engine; readonly emit: Emit }) => Promise<T>,
): Promise<T> => {
  const log = noteDemoRefusals(stateDir);
  const note = noteTo(log, engine.endpoints());
  const result = await work({
    engine: withoutProvoked(engine, async () => {
      await log.flush();
      return readDemoRefusals(stateDir);
    }),
    emit: (event) => {
      emit(event);
      note(event);
    },
  });
  const { lines, cause } = await log.close();
  if (lines > 0) printer.remark(`! ${lines} refusals of this run could not be noted, so that logs do not mark them: ${cause ?? 'unknown'}`);
  return result;
};

const isRefusal = (status: number): boolean => status >= 400 && status < 500;

/** @param endpoints to tell by its address which service refused */
const noteTo = (log: DemoRefusalLog, { kms, identity }: Endpoints): Emit => {
  const services = [
    ['kms', new URL(kms.service).origin],
    ['identity', new URL(identity.issuer).origin],
  ] as const;
  const notedOf = new Set<string>();
  /** When the last event came: what the next one tells of has happened since. */
  let before = 0;
  const refused = (event: Extract<DemoEvent, { readonly type: 'request' }>): void => {
    const { stepId: step, url, traceId, status, code = null, at, durationMs } = event;
    const service = services.find(([, origin]) => origin === new URL(url).origin)?.[0];
    if (service === undefined || traceId === undefined || !isRefusal(status)) return;
    notedOf.add(step);
    log.refused({ step, service, traceId, status, code, sentAt: Math.floor(at - durationMs), answeredAt: Math.ceil(at) });
  };
  return (event) => {
    if (event.type === 'request') refused(event);
    if (event.type === 'check' && event.check.id === OLD_TLS_CHECK) {
      notedOf.add(event.stepId);
      log.handshake({ step: event.stepId, from: Math.floor(before), to: Math.ceil(event.at) });
    }
    if (event.type === 'step-finished' && notedOf.has(event.stepId))
      log.ended({ step: event.stepId, isPassed: event.status === 'passed', at: event.at });
    before = event.at;
  };
};
