import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Report } from '#demo/report.ts';
import type { SnapshotListDocument, SnapshotRestoreDocument, SnapshotSaveDocument } from '#cli/documents/snapshot.ts';
import { createHttpsClient } from '#infra/http/client/create-https-client.ts';
import { cli, type DemoPlace, demoPlace, kmsOf } from '#test/support/cli.ts';

let place: DemoPlace;
let report: Report;
let saved: SnapshotSaveDocument;

const json = async <T>(...args: string[]): Promise<T> => {
  const { code, stdout, stderr } = await place.run(...args, '--output', 'json');
  expect(code, stdout + stderr).toBe(0);
  return JSON.parse(stdout) as T;
};

const tenantsOf = ({ credentials }: Report): readonly (string | null)[] =>
  [...new Set(credentials.map(({ tenant_id: id }) => id))].toSorted();

const list = async (): Promise<SnapshotListDocument> => json<SnapshotListDocument>('snapshot', 'list');

beforeAll(async () => {
  place = await demoPlace();
  report = await json<Report>('up');
  saved = await json<SnapshotSaveDocument>('snapshot', 'save', 'seeded');
}, 120_000);
afterAll(() => place?.[Symbol.asyncDispose](), 60_000);

describe('Snapshots of a stack that runs', () => {
  it('are saved while the services go on, and listed', async () => {
    expect([saved.stopped, saved.snapshot.engine]).toEqual([false, 'embedded']);
    expect((await list()).snapshots).toEqual([saved.snapshot]);
    expect((await place.run('status')).code).toBe(0);
  });

  it('are there as before when the command that saves another of the name is killed', async () => {
    const { child, done } = place.start('snapshot', 'save', 'seeded', '--replace');
    const snapshots = join(place.stateDir, 'snapshots');
    const isAtWork = async () => (await readdir(snapshots)).some((name) => name.startsWith('.saving-'));
    while (child.exitCode === null && !(await isAtWork()));
    child.kill('SIGKILL');
    await done;
    const { snapshots: listed, damaged } = await list();
    expect([listed.map(({ name }) => name), damaged]).toEqual([['seeded'], []]);
    // The next one that works removes what was left.
    saved = await json<SnapshotSaveDocument>('snapshot', 'save', 'seeded', '--replace');
    expect((await readdir(snapshots)).filter((name) => name.startsWith('.saving-'))).toEqual([]);
  });

  it('bring everything back after a reset: tenants, keys and what was encrypted under them; the KMS accepts its older databases', async () => {
    await using client = createHttpsClient({ ca: await readFile(report.ca_file) });
    const owner = kmsOf(report, client, 'demo-tenant-admin');
    const key = await owner.elasticKeyNamed('demo-encryption-key');
    const path = `/elastic-keys/${key?.id}`;
    const plaintext = Buffer.from('kept in a snapshot').toString('base64url');
    const { ciphertext } = (await owner.call('POST', `${path}/encrypt`, { plaintext })).json<{ ciphertext: string }>();
    await json<SnapshotSaveDocument>('snapshot', 'save', 'with-more');
    await json('reset-demo');
    expect((await owner.call('POST', `${path}/decrypt`, { ciphertext })).status).toBe(404);
    const { running, snapshot } = await json<SnapshotRestoreDocument>('snapshot', 'restore', 'with-more');
    expect([running, snapshot.name]).toEqual([true, 'with-more']);
    const opened = await owner.call('POST', `${path}/decrypt`, { ciphertext });
    expect([opened.status, opened.json<{ plaintext: string }>().plaintext]).toEqual([200, plaintext]);
    // Reads the whole seed back, as its users find it.
    expect(tenantsOf(await json<Report>('up'))).toEqual(tenantsOf(report));
    // The chain of the audit holds across the restore, and says what the heads say.
    const file = join(place.folder, 'audit.jsonl');
    const { origin } = new URL(report.endpoints.kms.admin);
    const exported = await cli(['audit', 'export', file, '--operator', join(place.stateDir, 'tls'), '--url', origin]);
    expect(exported.code, exported.stderr).toBe(0);
    const verified = await cli(['audit', 'verify', file]);
    expect(verified.code, verified.stdout + verified.stderr).toBe(0);
  }, 120_000);

  it('begin a stack of its own for a program, beside the one that was saved', async () => {
    const ask =
      'fetch(`${process.env.PASSTHRU_ISSUER}/.well-known/openid-configuration`).then(({ status }) => process.exit(status === 200 ? 7 : 1))';
    const snapshot = join(place.stateDir, 'snapshots/seeded');
    const { code, stderr } = await cli(['exec', '--engine', 'embedded', '--snapshot', snapshot, '--', process.execPath, '-e', ask]);
    expect(code, stderr).toBe(7);
    expect((await place.run('status')).code).toBe(0);
  }, 60_000);
});
