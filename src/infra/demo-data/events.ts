import type { DemoResetOutcome } from './demo-reset.ts';

/** What happens to the demo data of a server, whichever it is; both write these to their logs. */
export type DemoEvent =
  | { readonly type: 'demo-credentials-active' }
  | { readonly type: 'demo-reset-started'; readonly resetId: string }
  | { readonly type: 'demo-reset-settled'; readonly resetId: string; readonly outcome: DemoResetOutcome };
