import { execFile } from 'node:child_process';
import { randomUUIDv7 } from 'node:crypto';
import { promisify } from 'node:util';
import { composeFiles, composeVariables } from '#engine/docker/compose/files.ts';
import { imageTag } from '#engine/docker/images/image-tag.ts';
import { projectOf } from '#engine/docker/project/project.ts';
import { prepareMounts } from '#engine/files/mounts/prepare-mounts.ts';
import type { DemoPlace } from '#test/support/cli.ts';
import { ROOT } from '#test/support/engine.ts';

const run = promisify(execFile);

/** The stack of a place as plain Compose starts it: the same files, images and checks, certificates and secrets made before. */
export const plainCompose = async ({ ports, stateDir }: DemoPlace) => {
  const stack = projectOf({ stateDir, portKms: ports.kms, portIdentity: ports.identity, packageRoot: ROOT, profile: 'demo' });
  const prepared = await prepareMounts({
    folder: stack.folder,
    target: stack.folder.docker,
    packageRoot: ROOT,
    ports: stack.ports,
    partner: true,
    hasData: () => Promise.resolve(false),
    signal: AbortSignal.timeout(60_000),
    warn: () => {},
  });
  if (!prepared.ok) throw new Error(prepared.error.message);
  const variables = composeVariables(stack, await imageTag(ROOT));
  const env = { PATH: process.env['PATH'], HOME: process.env['HOME'], ...variables };
  const files = composeFiles(stack).flatMap((file) => ['-f', file]);
  const project = `passthru-bench-${randomUUIDv7()}`;
  const call = (...args: readonly string[]) => run('docker', ['compose', '-p', project, ...files, ...args], { env });
  return {
    up: () => call('up', '-d', '--wait', '--no-build'),
    down: () => call('down', '--volumes', '--timeout', '5'),
  };
};
