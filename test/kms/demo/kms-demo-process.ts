/**
 * A replica of the KMS as far as demo data goes: `node kms-demo-process.ts <prepare|reset> <config JSON> <unseal key hex> <seed JSON>`.
 * `prepare` stops half-way through a change of the demo, `reset` after a reset that nobody settles; both say so and wait to be killed.
 */
import { randomUUID, randomUUIDv7 } from 'node:crypto';
import type { DatabaseConfig } from '#infra/database/config.ts';
import { openDatabases } from '#infra/database/open/open-databases.ts';
import type { Seed } from '#kms/demo/seed-file.ts';
import { startWorld } from '../support/demo-world.ts';

const say = (word: string): Promise<void> => new Promise((resolve) => process.stdout.write(`${word}\n`, () => resolve()));
const forever = (): Promise<never> => new Promise(() => void setInterval(() => {}, 60_000));

const [task = '', config = '', unsealKey = '', seed = ''] = process.argv.slice(2);
const databases = await openDatabases(JSON.parse(config) as DatabaseConfig);
const world = await startWorld(databases, new Uint8Array(Buffer.from(unsealKey, 'hex')), JSON.parse(seed) as Seed);
if (task === 'prepare') {
  await world.locks.exclusively(async () => {
    const tenant = { id: randomUUID(), name: `tenant-${randomUUIDv7()}`, demo: true };
    await world.service.transaction((tx) => world.lifeCycle.create(tx, tenant));
    await (await world.tenants.preparing(tenant.id))?.database();
    await say('prepared');
    await forever();
  });
}
await world.demo.seed();
await world.demo.reset();
await say('reset');
await forever();
