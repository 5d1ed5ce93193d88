import { defineConfig } from 'vitest/config';
import LongestFirst from './test/support/duration/longest-first.ts';

const database = process.env['PASSTHRU_TEST_DATABASE'];
const BROWSER = 'test/**/*.browser.test.ts';
const WHOLE = 'test/{e2e,faults}/**/*.test.ts';
/** Eleven containers under load, of which no request may be lost: a request that waits long for a processor is lost, too. */
const LOAD = 'test/faults/replicas.test.ts';
/** One more than the processors for which the suite is made: while a test waits for a child, a container or a clock, another works. */
const WORKERS_THAT_WAIT = 3;

export default defineConfig({
  test: {
    // A browser drops what it loads when a network of the machine comes or goes; other tests make networks of containers.
    projects: [
      { extends: true, test: { name: 'browser', include: [BROWSER], sequence: { groupOrder: 0 } } },
      {
        extends: true,
        test: {
          name: 'whole',
          include: [WHOLE],
          exclude: [LOAD],
          globalSetup: ['test/support/current-bundle.ts'],
          sequence: { groupOrder: 1 },
          maxWorkers: WORKERS_THAT_WAIT,
        },
      },
      {
        extends: true,
        test: {
          name: 'parts',
          include: ['test/**/*.test.ts'],
          exclude: [BROWSER, WHOLE],
          sequence: { groupOrder: 1 },
          maxWorkers: WORKERS_THAT_WAIT,
        },
      },
      { extends: true, test: { name: 'load', include: [LOAD], sequence: { groupOrder: 2 } } },
    ],
    globalSetup: ['test/support/untouched-checkout.ts', 'test/support/postgres/global-setup.ts'],
    reporters: [
      'default',
      './test/support/duration/duration-reporter.ts',
      './test/support/closing-line.ts',
      ...(process.env['CI'] === 'true' ? ['junit'] : []),
    ],
    outputFile: { junit: `test-results/tests${database === undefined ? '' : `-${database}`}.xml` },
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // A condition that a test waits for may come late on a busy machine; the default of a second is for idle ones.
    expect: { poll: { timeout: 20_000 } },
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    coverage: {
      provider: 'v8',
      include: ['src/**/*.ts'],
      reporter: ['text-summary', 'json-summary', 'html'],
      thresholds: { statements: 80, branches: 80, functions: 80, lines: 80 },
    },
  },
});
