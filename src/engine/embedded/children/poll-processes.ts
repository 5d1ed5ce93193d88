import { thrownWords } from '#infra/apperr/thrown-words.ts';
import { isAlive } from '#engine/state/process-identity.ts';
import { type EngineEvent, SERVICES, type ServiceName } from '../../engine.ts';
import type { Records } from './process-records.ts';

/** How often processes that are not our own children are looked at, in milliseconds. */
const POLL_MS = 250;

/** Tells when services start and end that are no children of this process, so that no event tells it. */
export const pollForChanges = (of: {
  records: Records;
  isChild: (service: ServiceName, pid: number) => boolean;
  emit: (event: EngineEvent) => void;
  warn: (text: string) => void;
}): Disposable => {
  const { records, isChild, emit, warn } = of;
  let before: ReadonlyMap<ServiceName, number> | undefined;
  let busy = false;
  const look = async () => {
    const alive = new Map<ServiceName, number>();
    const all = await records.read();
    for (const service of SERVICES) {
      const { [service]: record } = all;
      if (record !== undefined && (await isAlive(record))) alive.set(service, record.pid);
    }
    for (const service of before === undefined ? [] : SERVICES) {
      const [was, is] = [before?.get(service), alive.get(service)];
      if (was === is) continue;
      if (was !== undefined && !isChild(service, was)) emit({ type: 'service-exited', service, exitCode: null, signal: null });
      if (is !== undefined && !isChild(service, is)) emit({ type: 'service-started', service, pid: is });
    }
    before = alive;
  };
  const tick = () => {
    if (busy) return;
    busy = true;
    look()
      .catch((error: unknown) => warn(`the services could not be looked at: ${thrownWords(error)}`))
      .finally(() => (busy = false));
  };
  tick();
  const timer = setInterval(tick, POLL_MS);
  timer.unref();
  return { [Symbol.dispose]: () => clearInterval(timer) };
};
