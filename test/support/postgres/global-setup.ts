import { chosenDatabase } from './choice.ts';
import { postgresProviders } from './providers.ts';

/**
 * Global set-up of vitest: one PostgreSQL for the whole run, where there is one to be had.
 * `PASSTHRU_TEST_POSTGRES` that is already set names the configuration of another one, which is used and left alone.
 *
 * @throws when `PASSTHRU_TEST_DATABASE` asks for PostgreSQL and there is none, and in CI
 */
export default async (): Promise<(() => Promise<void>) | undefined> => {
  const chosen = chosenDatabase();
  if (chosen === 'sqlite' || process.env['PASSTHRU_TEST_POSTGRES'] !== undefined) return undefined;
  const [provider] = await postgresProviders();
  if (provider === undefined) {
    if (chosen !== undefined) throw new Error(`PASSTHRU_TEST_DATABASE=${chosen} asks for PostgreSQL, and there is none to be had here`);
    return undefined;
  }
  const postgres = await provider.startInMemory();
  process.stderr.write(`PostgreSQL of this test run: ${provider.name}, port ${postgres.config.port}\n`);
  process.env['PASSTHRU_TEST_POSTGRES'] = postgres.configFile;
  return async () => {
    delete process.env['PASSTHRU_TEST_POSTGRES'];
    await postgres[Symbol.asyncDispose]();
  };
};
