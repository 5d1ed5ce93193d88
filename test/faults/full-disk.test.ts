import { randomUUIDv7 } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { basic } from '#client/session/authorization.ts';
import type { Report } from '#demo/report.ts';
import type { HttpsClient } from '#infra/http/client.ts';
import { missingIs } from '#infra/apperr/system-error.ts';
import { createHttpsClient } from '#infra/http/client/create-https-client.ts';
import { SINK_PORT_OFFSET } from '#infra/magic/magic.ts';
import { type DemoPlace, demoPlace } from '#test/support/cli.ts';
import { canMount, smallDisk, type SmallDisk } from '#test/support/small-disk.ts';

interface Ready {
  readonly status: string;
  readonly dropped: { readonly log_lines: number; readonly log_cause: string | null; readonly telemetry_records: number };
}

let disk: SmallDisk;
let place: DemoPlace;

/** A stack whose state folder lies on a disk of its own. */
const upOnSmallDisk = async (): Promise<{ report: Report; client: HttpsClient; kms: string }> => {
  const run = await place.run('demo', 'kms', '--output', 'json');
  expect(run.code).toBe(0);
  const report = JSON.parse(run.stdout) as Report;
  const [ca, cert, key] = await Promise.all(
    ['ca.pem', 'cli-client.pem', 'cli-client.key'].map((file) => readFile(join(place.stateDir, 'tls', file), 'utf8')),
  );
  const client = createHttpsClient({ ca: ca ?? '', cert: cert ?? '', key: key ?? '', timeoutMs: 10_000 });
  return { report, client, kms: `https://localhost:${place.ports.kms}` };
};

/** Writes of one client to the KMS, each of which is made or refused as a whole: the statuses and codes that came. */
const create = async ({ report, client, kms }: Awaited<ReturnType<typeof upOnSmallDisk>>): Promise<string> => {
  const account = report.credentials.find(({ username }) => username === 'demo-tenant-admin');
  const answer = await client.request({
    method: 'POST',
    url: `${kms}/service/api/v1/elastic-keys`,
    headers: { authorization: basic(account?.username ?? '', account?.password ?? ''), 'content-type': 'application/json' },
    body: { name: randomUUIDv7(), algorithm: 'A256GCM/A256KW' },
  });
  return answer.status === 201 ? 'created' : `${answer.status} ${answer.json<{ code: string }>().code}`;
};

const ready = async (client: HttpsClient, kms: string): Promise<Ready> =>
  (await client.request({ method: 'GET', url: `${kms}/readyz` })).json<Ready>();

describe.runIf(await canMount())('On a full disk', () => {
  beforeEach(async () => {
    disk = await smallDisk(24);
    place = await demoPlace('embedded', disk.path);
  });
  afterEach(async () => {
    await disk.free();
    await place[Symbol.asyncDispose]();
    await disk[Symbol.asyncDispose]();
  }, 60_000);

  it('services go on, count the log lines that they lose, and write again when there is space', async () => {
    const stack = await upOnSmallDisk();
    const { client, kms } = stack;
    await using _client = client;
    await disk.fill();
    // A write that finds no space is logged, until the log finds none.
    const answers = new Set<string>();
    await expect
      .poll(async () => {
        answers.add(await create(stack));
        return (await ready(client, kms)).dropped;
      })
      .toMatchObject({ log_cause: 'ENOSPC (write)' });
    expect([...answers].filter((answer) => answer !== 'created')).toEqual(['503 database-full']);
    const full = await ready(client, kms);
    expect(full.status).toBe('ready');
    expect(full.dropped.log_lines).toBeGreaterThan(0);
    await disk.free();
    expect(await create(stack)).toBe('created');
    const sink = `https://localhost:${place.ports.kms + SINK_PORT_OFFSET}`;
    await expect.poll(async () => (await ready(client, sink)).status).toBe('ready');
    expect((await place.run('down')).code).toBe(0);
    const log = await readFile(join(place.stateDir, 'logs', 'kms.log'), 'utf8');
    expect(log).toContain('"body":"stopping on SIGTERM');
    expect(log).toMatch(/"body":"[1-9]\d* log lines could not be written: ENOSPC \(write\)"/);
  }, 120_000);

  it.each([
    ['down', true],
    ['down --volumes', false],
  ])(
    '%s stops every service, and leaves no lock behind',
    async (command, keepsData) => {
      const { client } = await upOnSmallDisk();
      await client[Symbol.asyncDispose]();
      await disk.fill();
      const down = await place.run(...command.split(' '), '--output', 'json');
      expect([down.code, down.stderr]).toEqual([0, '']);
      const left = await readdir(place.stateDir).catch(missingIs<string[]>([]));
      expect(left.filter((name) => name.startsWith('lock'))).toEqual([]);
      expect(left.includes('data')).toBe(keepsData);
      expect(left.length > 0).toBe(keepsData);
      const status = await place.run('status', '--output', 'json');
      const { services } = JSON.parse(status.stdout) as { services: readonly { state: string; pid: number | null }[] };
      expect(services.map(({ state, pid }) => [state, pid])).toEqual(Array.from({ length: 3 }, () => ['down', null]));
    },
    120_000,
  );
});
