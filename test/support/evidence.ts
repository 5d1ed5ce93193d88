import { createHmac, randomUUIDv7 } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { BundleFile } from '#demo/evidence/bundle/bundle-files.ts';
import { sealed } from '#demo/evidence/bundle/sealed-bundle.ts';
import type { WholeRun } from '#demo/evidence/bundle/whole-run.ts';
import type { Authority } from '#infra/tls/authority/authority.ts';
import { createAuthority } from '#infra/tls/authority/create-authority.ts';
import { type BundleCheck, exchangesFile, FILES } from '#infra/evidence/bundle/manifest.ts';
import type { Exchange } from '#infra/evidence/exchange.ts';

const STEP = 'kms.keys';

const exchange = (name: string): Exchange => ({
  id: 'x1',
  step: STEP,
  started_at: new Date().toISOString(),
  duration_ms: 3,
  request: { method: 'GET', url: `https://kms.example/elastic-keys/${name}`, headers: {}, body: null },
  answer: {
    status: 200,
    headers: {},
    cookies: [],
    body: { kind: 'json', value: { name, state: 'active' }, text: '[secret x]', bytes: 40 },
  },
});

const CHECKS: readonly BundleCheck[] = [
  {
    step: STEP,
    id: 'state',
    title: 'its state',
    status: 'passed',
    expected: 'active',
    got: 'active',
    basis: { kind: 'exchanges', expected: { take: 'value', value: 'active' }, got: { take: 'body', of: 'x1', at: '/state' } },
  },
  {
    step: STEP,
    id: 'tls',
    title: 'TLS',
    status: 'passed',
    expected: '1.3',
    got: '1.3',
    basis: { kind: 'observed', why: 'a handshake is no request' },
  },
];

export interface SmallBundleOptions {
  readonly authority?: Authority;
  readonly checks?: readonly BundleCheck[];
  readonly exchanges?: readonly Exchange[];
  /** Of the leaf that signs. */
  readonly kind?: 'server' | 'client' | 'document';
  readonly createdAt?: string;
}

/** A bundle of one step, signed. */
export const smallBundle = async (options: SmallBundleOptions = {}): Promise<readonly BundleFile[]> => {
  const { authority = await createAuthority(), checks = CHECKS, exchanges = [exchange(`key-${randomUUIDv7()}`)] } = options;
  const { kind = 'document', createdAt = new Date().toISOString() } = options;
  const said = checks.map(({ id, title, status, expected, got }) => ({ id, title, status, expected, got }));
  const steps = [{ id: STEP, status: checks.every(({ status }) => status === 'passed') ? 'passed' : 'failed', checks: said }];
  const report = {
    command: 'demo kms',
    engine: 'embedded',
    profile: 'demo',
    outcome: 'passed',
    exit_code: 0,
    steps,
  } as unknown as WholeRun['report'];
  const files: readonly BundleFile[] = [
    [FILES.ca, authority.rootPem],
    [FILES.report, JSON.stringify(report)],
    [FILES.checks, JSON.stringify({ version: 1, checks })],
    [exchangesFile(STEP), JSON.stringify(exchanges)],
  ];
  const signer = await authority.issue({ kind, commonName: 'passthru evidence', names: kind === 'server' ? ['localhost'] : [] });
  const facts = { missing: [] } as unknown as WholeRun['facts'];
  return sealed(files, { report, checks, facts, createdAt, version: '0.0.0', signer });
};

/** As a verifier takes it. */
export const asFiles = (files: readonly BundleFile[]): Map<string, Uint8Array> =>
  new Map(files.map(([path, text]) => [path, Buffer.from(text)]));

/** As it lies in a folder. */
export const layBundle = async (folder: string, files: readonly BundleFile[]): Promise<void> => {
  for (const [path, text] of files) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
};

/** One byte of a bundle, another than it was: which and how follows from the seed, so that a failure can be had again. */
export const withOneByteChanged = (
  files: ReadonlyMap<string, Uint8Array>,
  seed: string,
): { readonly files: Map<string, Uint8Array>; readonly where: string } => {
  const random = (what: string, below: number): number => createHmac('sha256', seed).update(what).digest().readUInt32BE(0) % below;
  const paths = [...files.keys()].filter((path) => (files.get(path)?.length ?? 0) > 0);
  const path = paths[random('file', paths.length)] ?? '';
  const bytes = Buffer.from(files.get(path) ?? new Uint8Array());
  const at = random('place', bytes.length);
  bytes[at] = ((bytes[at] ?? 0) + 1 + random('byte', 255)) % 256;
  return { files: new Map(files).set(path, bytes), where: `${path} byte ${at}` };
};

/** It clears the screen, sets the title of the window by a C1 control, turns its text around and adds a line. */
export const STEERING_TEXT = 'demo\u001B[2J\u009D0;title\u009C\u202E\r\nHolds      yes';

/** A bundle of a stranger whose texts and file names would steer the terminal of its reader. */
export const steeringBundle = async (): Promise<readonly BundleFile[]> => {
  const [check] = CHECKS;
  const checks = check === undefined ? [] : [{ ...check, id: STEERING_TEXT, title: STEERING_TEXT, got: STEERING_TEXT }];
  const steer = ([path, text]: BundleFile): BundleFile => {
    if (path !== FILES.manifest) return [path, text];
    const missing = [{ what: STEERING_TEXT, why: STEERING_TEXT }];
    const manifest = { ...(JSON.parse(text) as object), command: STEERING_TEXT, engine: STEERING_TEXT, outcome: STEERING_TEXT, missing };
    return [path, JSON.stringify(manifest)];
  };
  return [...(await smallBundle({ checks })).map(steer), [`notes ${STEERING_TEXT}`, '']];
};
