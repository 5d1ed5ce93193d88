import { execFile } from 'node:child_process';
import { randomUUIDv7 } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { composeFiles, composeVariables } from '#engine/docker/compose/files.ts';
import { imageTag } from '#engine/docker/images/image-tag.ts';
import { projectOf } from '#engine/docker/project/project.ts';
import { prepareMounts } from '#engine/files/mounts/prepare-mounts.ts';
import { type DemoPlace, demoPlace } from '#test/support/cli.ts';
import type { Comparison } from './suite.ts';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '../..');
const LAST_HEALTHY = 'bring-up.kms';
const PAIRS = 5;

interface Record {
  readonly eventName: string;
  readonly attributes: readonly { readonly key: string; readonly value: { readonly stringValue?: string } }[];
}

/** From the command to the moment when every service is healthy, milliseconds; certificates and secrets are made on the way. */
const passthru = async (): Promise<number> => {
  await using place = await demoPlace('docker');
  const begun = performance.now();
  const { child, done } = place.start('demo', 'all', '--output', 'structured');
  const healthy = Promise.withResolvers<number>();
  let text = '';
  child.stdout?.on('data', (chunk) => {
    const lines = (text + String(chunk)).split('\n');
    text = lines.pop() ?? '';
    if (lines.some(saysHealthy)) healthy.resolve(performance.now() - begun);
  });
  const ended = done.then(({ code, stdout, stderr }) => {
    throw new Error(`the demo ended with ${code} before all was healthy:\n${stdout}\n${stderr}`);
  });
  const took = await Promise.race([healthy.promise, ended]);
  ended.catch(() => undefined);
  // What comes after is not measured: Ctrl-C, which also takes the stack down.
  child.kill('SIGINT');
  await done;
  return took;
};

const saysHealthy = (line: string): boolean => {
  const { eventName, attributes } = JSON.parse(line) as Record;
  const value = (name: string) => attributes.find(({ key }) => key === name)?.value.stringValue;
  return eventName === 'passthru.step-finished' && value('passthru.step.id') === LAST_HEALTHY && value('passthru.step.status') === 'passed';
};

/** The same files, images and checks with plain Compose, certificates and secrets made before. */
const compose = async ({ ports, stateDir }: DemoPlace, tag: string): Promise<number> => {
  const stack = projectOf({ stateDir, portKms: ports.kms, portIdentity: ports.identity, packageRoot: ROOT, profile: 'demo' });
  const prepared = await prepareMounts({
    folder: stack.folder,
    target: stack.folder.docker,
    packageRoot: ROOT,
    ports: stack.ports,
    hasData: () => Promise.resolve(false),
    signal: AbortSignal.timeout(60_000),
    warn: () => {},
  });
  if (!prepared.ok) throw new Error(prepared.error.message);
  const env = { PATH: process.env['PATH'], HOME: process.env['HOME'], ...composeVariables(stack, tag) };
  const files = composeFiles(stack).flatMap((file) => ['-f', file]);
  const project = `passthru-bench-${randomUUIDv7()}`;
  const call = (...args: readonly string[]) => run('docker', ['compose', '-p', project, ...files, ...args], { env });
  const begun = performance.now();
  try {
    await call('up', '-d', '--wait', '--no-build');
    return performance.now() - begun;
  } finally {
    await call('down', '--volumes', '--timeout', '5');
  }
};

/** Images present, fresh volumes, fresh projects; both ways in turn, each first as often as the other. */
export const dockerComparison: Comparison = async () => {
  // Builds the images where they are missing, and warms the disk.
  await passthru();
  const tag = await imageTag(ROOT);
  const composeOnce = async (): Promise<number> => {
    await using place = await demoPlace();
    return await compose(place, tag);
  };
  await composeOnce();
  const pairs: (readonly [ours: number, theirs: number])[] = [];
  for (let pair = 0; pair < PAIRS; pair += 1) {
    if (pair % 2 === 0) {
      const ours = await passthru();
      pairs.push([ours, await composeOnce()]);
    } else {
      const theirs = await composeOnce();
      pairs.push([await passthru(), theirs]);
    }
  }
  return { ours: 'passthru demo all --engine docker, to all healthy', theirs: 'docker compose up -d --wait', aim: 0.7, pairs };
};
