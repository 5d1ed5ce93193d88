import type { DemoResetOutcome } from './demo-reset.ts';

/** Events of the demo data that KMS and Identity have under the same names. */
export type DemoEvent =
  | { readonly type: 'demo-credentials-active' }
  | { readonly type: 'demo-reset-started'; readonly resetId: string }
  | { readonly type: 'demo-reset-settled'; readonly resetId: string; readonly outcome: DemoResetOutcome };
