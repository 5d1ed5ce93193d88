import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startDemo } from '#infra/demo-data/start-demo.ts';
import { noTelemetry } from '#infra/telemetry/no-telemetry.ts';
import { loadIdentityConfig } from '#identity/config.ts';
import { identityMigrations } from '#identity/database/migrations.ts';
import type { IdentityTables } from '#identity/database/tables.ts';
import { buildIdentity } from '#identity/server.ts';
import { withDatabases } from '#test/support/database.ts';
import { identityFiles } from '#test/support/identity.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';
import { contents } from './identity-demo.ts';

it('an Identity that starts without its demo commits a reset that an earlier run left', async () => {
  await using test = await withDatabases('sqlite');
  await using folder = await temporaryDirectory();
  const { configFiles } = await identityFiles(join(folder.path), { database: test.config });
  const config = await loadIdentityConfig(configFiles);
  const events: string[] = [];
  {
    await using first = await buildIdentity({ config, telemetry: noTelemetry(), demo: true });
    if (first.demo === null) throw new Error('the demo is switched off');
    await startDemo({ demo: first.demo, reset: false, given: {}, emit: ({ type }) => void events.push(type) });
    await first.demo.reset();
  }
  expect(events).toEqual(['demo-credentials-active']);
  const before = await contents(await test.databases.open<IdentityTables>('identity', identityMigrations));
  {
    await using second = await buildIdentity({ config, telemetry: noTelemetry(), demo: false });
    expect(second.demo).toBeNull();
  }
  const after = await contents(await test.databases.open<IdentityTables>('identity', identityMigrations));
  expect(after.resets.map(({ state }) => state)).toEqual(['committed']);
  expect(after.accounts).toHaveLength(before.accounts.length / 2);
  expect(after.accounts.every(({ retired_at }) => retired_at === null)).toBe(true);
});
