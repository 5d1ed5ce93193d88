import type { ApiExamples } from './examples.ts';

/** An account of the demo, whose password everybody may know. */
export interface DemoAccount {
  readonly username: string;
  readonly password: string;
  readonly roles: readonly string[];
}

/** The demo, as the description of the API tells of it. */
export interface DemoApi {
  /** The first may do all that a tenant can ask for. */
  readonly accounts: readonly DemoAccount[];
  /** From the keys that there are, or were half a minute ago at most. */
  readonly examples: () => Promise<ApiExamples>;
}
