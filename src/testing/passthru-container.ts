import { startStack } from './start-stack.ts';
import type { StartOptions, TestStack } from './test-stack.ts';

/**
 * `startStack` in the shape of Testcontainers:
 *
 *     const passthru = await new PassthruContainer().withEngine('docker').start();
 *     passthru.getKmsUrl();
 *     await passthru.stop();
 */
export class PassthruContainer {
  readonly #options: StartOptions;

  constructor(options: StartOptions = {}) {
    this.#options = options;
  }

  withEngine(engine: NonNullable<StartOptions['engine']>): PassthruContainer {
    return new PassthruContainer({ ...this.#options, engine });
  }

  withSnapshot(snapshot: NonNullable<StartOptions['snapshot']> | null): PassthruContainer {
    return new PassthruContainer({ ...this.#options, snapshot });
  }

  /** @param milliseconds that the start may take */
  withStartupTimeout(milliseconds: number): PassthruContainer {
    return new PassthruContainer({ ...this.#options, timeoutMs: milliseconds });
  }

  withLogConsumer(log: (line: string) => void): PassthruContainer {
    return new PassthruContainer({ ...this.#options, log });
  }

  start(): Promise<TestStack> {
    return startStack(this.#options);
  }
}
