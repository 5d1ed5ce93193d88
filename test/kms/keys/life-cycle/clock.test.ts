import { describe, expect, it } from 'vitest';
import { serviceMigrations } from '#kms/database/migrations.ts';
import type { ServiceTables } from '#kms/database/service-tables.ts';
import { createClockWatch } from '#kms/tenants/clock-watch.ts';
import { destroyJob } from '#test/kms/support/destroy-job.ts';
import { hastyKms } from '#test/kms/support/hasty-kms.ts';
import { databaseKinds, type TestDatabases, withDatabases } from '#test/support/database.ts';

const MINUTE = 60_000;
const DAY = 86_400_000;
const never = new AbortController().signal;

const iso = (at: number): string => new Date(at).toISOString();

describe.each(databaseKinds())('A clock that jumps, on %s,', (kind) => {
  const watched = async ({ databases }: TestDatabases, clock: { now: number }) => {
    const { db } = await databases.open<ServiceTables>('service', serviceMigrations);
    return createClockWatch({ db, now: () => clock.now });
  };

  it('is believed once it has gone on for a day, whoever looks, and never less than that after a jump', async () => {
    await using test = await withDatabases(kind);
    const clock = { now: Date.parse('2026-01-01T00:00:00Z') };
    const [one, other] = [await watched(test, clock), await watched(test, clock)];
    const begun = clock.now;
    expect(await one.doubtfulUntil()).toBe(begun + DAY);
    clock.now += DAY - 1;
    expect(await other.doubtfulUntil()).toBe(begun + DAY);
    clock.now += 1;
    expect(await one.doubtfulUntil()).toBeNull();

    clock.now += DAY + 1;
    expect(await one.doubtfulUntil()).toBe(clock.now + DAY);
    clock.now -= DAY + 1;
    expect(await other.doubtfulUntil()).toBe(clock.now + DAY);
    clock.now += DAY;
    expect(await one.doubtfulUntil()).toBeNull();
    clock.now += 10 * MINUTE;
    expect(await one.doubtfulUntil()).toBeNull();
    clock.now -= 5 * MINUTE;
    expect(await other.doubtfulUntil()).toBeNull();
  });

  it('destroys nothing that waits for its time, and all of it a day later where nobody has set it right', async () => {
    await using test = await withDatabases(kind);
    const kms = await hastyKms(test);
    const { elasticKeys, lifeCycle, caller, clock } = kms;
    const watch = await watched(test, clock);
    const job = destroyJob(kms, test, [caller], { watch });
    await job.run(never);
    const [right, one, two] = [clock.now, await kms.make('ES256'), await kms.make('ES256')];
    for (const { id } of [one, two]) await lifeCycle.scheduleDeletion(caller, id, { waitDays: 7 });
    const waiting = { state: 'pending-deletion' };

    clock.now += 365 * DAY;
    const message = `2 keys of tenant ${caller.tenant.id} are not destroyed although the time has come, by a clock that is not believed before ${iso(clock.now + DAY)}; set it right until then where it is wrong`;
    await expect(job.run(never)).rejects.toMatchObject({ code: 'keys-not-destroyed', message });
    clock.now = right + MINUTE;
    await job.run(never);
    expect(await elasticKeys.read(caller, one.id)).toMatchObject(waiting);
    await lifeCycle.restore(caller, one.id);

    clock.now += 365 * DAY;
    await expect(job.run(never)).rejects.toMatchObject({ code: 'keys-not-destroyed' });
    expect(await elasticKeys.read(caller, two.id)).toMatchObject(waiting);
    clock.now += DAY;
    await job.run(never);
    expect(await elasticKeys.read(caller, one.id)).toMatchObject({ state: 'active' });
    expect(await elasticKeys.read(caller, two.id)).toMatchObject({ state: 'destroyed' });
  });
});
