import { defineConfig } from 'vitest/config';

const database = process.env['PASSTHRU_TEST_DATABASE'];

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/postgres/global-setup.ts'],
    reporters: ['default', './test/support/closing-line.ts', ...(process.env['CI'] === 'true' ? ['junit'] : [])],
    outputFile: { junit: `test-results/tests${database === undefined ? '' : `-${database}`}.xml` },
    testTimeout: 60_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
    coverage: {
      provider: 'v8',
      include: ['src/**/*.ts'],
      reporter: ['text-summary', 'json-summary', 'html'],
      thresholds: { statements: 80, branches: 80, functions: 80, lines: 80 },
    },
  },
});
