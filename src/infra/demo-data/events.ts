import { unreachable } from '#infra/apperr/app-error.ts';
import type { EventLine } from '#infra/telemetry/event-log.ts';
import type { DemoResetOutcome } from './demo-reset.ts';
import { type Holdings, realWords, type RowCounts, rowWords, totalOf } from './holdings.ts';

/** Events of the demo data that KMS and Identity have under the same names. */
export type DemoDataEvent =
  | { readonly type: 'demo-credentials-active' }
  | { readonly type: 'demo-sleeps'; readonly rows: RowCounts }
  | ({ readonly type: 'demo-beside-real-data' } & Pick<Holdings, 'real' | 'names'>)
  | { readonly type: 'demo-reset-started'; readonly resetId: string }
  | { readonly type: 'demo-reset-settled'; readonly resetId: string; readonly outcome: DemoResetOutcome };

export const lineOfDemoDataEvent = (event: DemoDataEvent): EventLine => {
  switch (event.type) {
    case 'demo-credentials-active':
      return ['warn', 'demo accounts with published passwords are active; never keep real data here', {}];
    case 'demo-sleeps':
      return ['warn', `demo data sleeps here, and is not found without --demo: ${rowWords(event.rows)}`, { count: totalOf(event.rows) }];
    case 'demo-beside-real-data':
      return [
        'warn',
        `real data is here beside the demo, and is left as it is: ${realWords(event)}; it belongs in a database without a demo`,
        { count: totalOf(event.real) },
      ];
    case 'demo-reset-started':
      return ['info', 'demo data reset, waiting for commit or rollback', { reset_id: event.resetId }];
    case 'demo-reset-settled':
      return ['info', `demo reset ${event.outcome}`, { reset_id: event.resetId, outcome: event.outcome }];
    default:
      return unreachable(event);
  }
};
