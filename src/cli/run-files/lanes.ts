import type { DemoEvent } from '#demo/events.ts';
import type { PartName } from '#engine/engine.ts';
import { unreachable } from '#infra/apperr/app-error.ts';
import type { Lane } from '#cli/reporters/page/page-data.ts';

type ServiceEvent = Extract<DemoEvent, { type: 'service' }>;

/** How each part came up, from the events of a run, in the order of their first: pure. A part that is started again has its last start. */
export const lanesOf = (events: readonly DemoEvent[]): readonly Lane[] => {
  const [first] = events;
  const begun = first?.at ?? 0;
  const told = events.filter((event): event is ServiceEvent => event.type === 'service');
  const lanes = new Map<PartName, Lane>();
  for (const event of told) {
    const at = event.at - begun;
    const before = lanes.get(event.service) ?? { part: event.service, startedMs: null, healthyMs: null, waitedMs: 0, exitedMs: null };
    lanes.set(event.service, { ...before, ...changeOf(event, before, at) });
  }
  return [...lanes.values()];
};

const changeOf = (event: ServiceEvent, before: Lane, at: number): Partial<Lane> => {
  switch (event.state) {
    case 'started':
      return { startedMs: at, exitedMs: null };
    case 'exited':
      return { exitedMs: at };
    case 'healthy':
      // Each step that needs a service says that it is healthy; the first time it came up.
      return before.healthyMs === null ? { healthyMs: at, waitedMs: event.waitedMs } : {};
    default:
      return unreachable(event);
  }
};
