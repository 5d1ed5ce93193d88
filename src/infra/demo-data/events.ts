import { unreachable } from '#infra/apperr/app-error.ts';
import type { EventLine } from '#infra/telemetry/event-log.ts';
import type { DemoResetOutcome } from './demo-reset.ts';

/** Events of the demo data that KMS and Identity have under the same names. */
export type DemoDataEvent =
  | { readonly type: 'demo-credentials-active' }
  | { readonly type: 'demo-reset-started'; readonly resetId: string }
  | { readonly type: 'demo-reset-settled'; readonly resetId: string; readonly outcome: DemoResetOutcome };

export const lineOfDemoDataEvent = (event: DemoDataEvent): EventLine => {
  switch (event.type) {
    case 'demo-credentials-active':
      return ['warn', 'demo accounts with published passwords are active; never keep real data here', {}];
    case 'demo-reset-started':
      return ['info', 'demo data reset, waiting for commit or rollback', { reset_id: event.resetId }];
    case 'demo-reset-settled':
      return ['info', `demo reset ${event.outcome}`, { reset_id: event.resetId, outcome: event.outcome }];
    default:
      return unreachable(event);
  }
};
