import type { Failed } from './stack-error.ts';
import type { Client, Credential, LogLine, LogOptions, TestStack, TokenOptions } from './test-stack.ts';

/**
 * The words between a test process and its holder, the process that keeps one stack: a JSON object a line, requests on the holder's
 * input, answers on its output. When the input ends, its reader has ended, and the holder takes the stack down.
 */
export interface Calls {
  /** Brings the stack up. */
  readonly start: { readonly params: StartParams; readonly result: StartedStack };
  readonly token: { readonly params: TokenOptions; readonly result: string };
  readonly reset: { readonly params: Record<string, never>; readonly result: null };
  readonly snapshot: { readonly params: { readonly name: string }; readonly result: string };
  readonly restore: { readonly params: { readonly name: string | null }; readonly result: null };
  readonly logs: { readonly params: LogOptions; readonly result: readonly LogLine[] };
  /** Takes the stack down; the holder ends when it has answered. */
  readonly stop: { readonly params: Record<string, never>; readonly result: null };
}

export type CallName = keyof Calls;

/** Everything else that a start takes stands on the command line of the holder. */
export interface StartParams {
  readonly snapshot: string | null;
  readonly services: readonly ('identity' | 'kms')[];
  readonly healthTimeoutMs: number;
}

export type StartedStack = Pick<TestStack, 'engine' | 'kmsUrl' | 'issuer' | 'caFile' | 'ca' | 'env' | 'stateDir' | 'startedFrom'> & {
  readonly credentials: readonly Credential[];
  readonly clients: readonly Client[];
};

export type Request = {
  readonly [N in CallName]: { readonly id: number; readonly call: N; readonly params: Calls[N]['params'] };
}[CallName];

/** An answer to one request, or a remark on the way to it. */
export type Answer =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly failed: Failed }
  | { readonly remark: string };
