/**
 * A process that is killed by itself, as `kill -9` would, just before a write of a demo operation:
 * `node identity-demo-process.ts <database config JSON> <seed JSON> <seed|reset|replace|rollback|commit|sweep> <reset id> <number of the write>`.
 */
import { flushCompileCache } from 'node:module';
import type { DatabaseConfig } from '#infra/database/config.ts';
import { openDatabases } from '#infra/database/open/open-databases.ts';
import { identityMigrations } from '#identity/database/migrations.ts';
import type { IdentityTables } from '#identity/database/tables.ts';
import type { Seed } from '#identity/demo/seed-file.ts';
import { demoOn } from './identity-demo.ts';

const [config = '', seed = '', operation = '', resetId = '', killAt = '0'] = process.argv.slice(2);
await using databases = await openDatabases(JSON.parse(config) as DatabaseConfig);
await using database = await databases.open<IdentityTables>('identity', identityMigrations);
// A killed process writes no cache at its end, and the next one would compile everything again.
flushCompileCache();
const demo = demoOn(database, JSON.parse(seed) as Seed, (number) => {
  if (number === Number(killAt)) process.kill(process.pid, 'SIGKILL');
});

switch (operation) {
  case 'reset':
    await demo.reset();
    break;
  case 'rollback':
    await demo.rollback(resetId);
    break;
  case 'commit':
    await demo.commit(resetId);
    break;
  default:
    throw new Error(`no operation ${operation}`);
}
