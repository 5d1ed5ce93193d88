import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A new folder that is gone when the test is over: `await using folder = await temporaryDirectory()`. */
export const temporaryDirectory = async (on = tmpdir()): Promise<AsyncDisposable & { readonly path: string }> => {
  const path = await mkdtemp(join(on, 'passthru-test-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true, maxRetries: 5 }) };
};
