import type { TestProject } from 'vitest/node';
import { startStack } from 'passthru/testing';

declare module 'vitest' {
  export interface ProvidedContext {
    /** The folder of a snapshot with what every suite of this project needs. */
    seeded: string;
  }
}

export default async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  const stack = await startStack({ engine: 'embedded' });
  // Here a project puts in its own keys and users, by the API.
  provide('seeded', await stack.snapshot('seeded'));
  return () => stack.stop();
}
