import { containerPostgres } from './container-postgres.ts';
import { debianPostgres } from './debian-postgres.ts';
import type { PostgresProvider } from './running-postgres.ts';

/** The better one first: a container of the image that the deployments run. */
const PROVIDERS: readonly PostgresProvider[] = [containerPostgres, debianPostgres];

/**
 * The providers that work on this machine, the better one first; why another one does not is printed.
 *
 * @throws in CI when there is none
 */
export const postgresProviders = async (providers = PROVIDERS): Promise<readonly PostgresProvider[]> => {
  const asked = await Promise.all(providers.map(async (provider) => ({ provider, problem: await provider.problem() })));
  const usable = asked.filter(({ problem }) => problem === null).map(({ provider }) => provider);
  const reasons = asked.filter(({ problem }) => problem !== null).map(({ provider, problem }) => `no ${provider.name}: ${problem}`);
  if (usable.length === 0 && process.env['CI'] === 'true') throw new Error(`CI must test on PostgreSQL: ${reasons.join('; ')}`);
  for (const reason of reasons)
    process.stderr.write(`tests go on with ${usable.map(({ name }) => name).join(', ') || 'SQLite alone'}: ${reason}\n`);
  return usable;
};
