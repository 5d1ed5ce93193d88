import { randomUUIDv7 } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { missingIs } from '#infra/apperr/system-error.ts';
import type { Report } from '#demo/report.ts';
import { createHttpsClient } from '#infra/http/client/create-https-client.ts';
import { type DemoPlace, demoPlace, kmsOf } from '#test/support/cli.ts';
import { canMount, smallDisk, type SmallDisk } from '#test/support/small-disk.ts';

let disk: SmallDisk;
let place: DemoPlace;

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

  it('every service goes on answering, tells what it could not write, and works as before when there is space', async () => {
    const demo = await place.run('demo', 'kms', '--output', 'json');
    const report = JSON.parse(demo.stdout) as Report;
    const pem = (name: string) => readFile(join(place.stateDir, 'tls', name), 'utf8');
    const ca = await pem('ca.pem');
    await using client = createHttpsClient({ ca });
    await using operator = createHttpsClient({ ca, cert: await pem('cli-client.pem'), key: await pem('cli-client.key') });
    const service = `${report.endpoints.kms.service}/elastic-keys`;
    const refusals: readonly Record<string, string>[] = [
      {},
      { authorization: 'Bearer no-token' },
      { authorization: 'Basic !' },
      { authorization: 'Digest x' },
    ];
    const refuse = async () => {
      const answers = await Promise.all(refusals.map((headers) => client.request({ url: service, headers })));
      return answers.map(({ status }) => status);
    };
    const dropped = async () => {
      const ready = await client.request({ url: report.endpoints.kms.ready });
      return [ready.status, ready.json<{ dropped: { log_lines: number } }>().dropped.log_lines > 0];
    };
    const before = await refuse();
    await disk.fill();
    for (let round = 0; round < 10; round += 1) expect(await refuse()).toEqual(before);
    // Refusals of a kind are summed up; each act of an operator is a line, and together they are longer than what is left of the last block.
    const act = { method: 'DELETE', url: `${report.endpoints.kms.admin}/admin/v1/demo/flow-keys?name=flow-${randomUUIDv7()}` } as const;
    for (let round = 0; round < 40; round += 1) expect((await operator.request(act)).headers['content-type']).toContain('json');
    await expect.poll(dropped).toEqual([200, true]);
    expect((await operator.request({ url: report.endpoints.telemetry.ready })).status).toBe(200);
    await disk.free();
    const kms = kmsOf(report, client, 'demo-tenant-admin');
    expect((await kms.call('POST', '/elastic-keys', { name: 'after-the-full-disk', algorithm: 'ES256' })).status).toBe(201);
    expect((await place.run('status')).code).toBe(0);
  }, 120_000);

  it.each([
    ['down', true],
    ['down --volumes', false],
  ])(
    '%s stops every service, and leaves no lock behind',
    async (command, keepsData) => {
      expect((await place.run('demo', 'kms')).code).toBe(0);
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
