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
  /** Made for each reader of the document, from the keys that there are at that moment. */
  readonly examples: () => Promise<ApiExamples>;
}
