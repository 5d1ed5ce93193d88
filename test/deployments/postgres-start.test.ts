import { execFile } from 'node:child_process';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { type ComposeFile, readYaml } from '#test/deployments/deployments.ts';
import { dockerImages } from '#test/support/docker.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';

const run = promisify(execFile);

/** In the place of the entry point of the image: says what it was called with and what it finds. */
const NEXT = `#!/bin/bash
echo "called with $*"
stat -c '%a %U %n' /tmp/tls/*
cd /tmp/data && find . -mindepth 1 | sort
`;

/** The commands before the entry point of the image, as Compose gives them to a shell. */
const startOf = async (product: string): Promise<string> => {
  const { services } = await readYaml<ComposeFile>(`${product}/compose.yml`);
  const [program, flags, text] = services?.[`${product}-postgres`]?.entrypoint ?? [];
  expect([program, flags]).toEqual(['bash', '-ec']);
  return (text ?? '').replaceAll('$$', '$');
};

/** Lines that the entry point of the image would see, after `before` was run in the container. */
const startAfter = async (product: string, before: string, isReady = false): Promise<readonly string[]> => {
  await using folder = await temporaryDirectory();
  const [next, file] = [join(folder.path, 'next'), join(folder.path, 'file')];
  await writeFile(next, NEXT);
  await writeFile(file, 'a certificate or a key');
  await chmod(next, 0o555);
  const ready = join(folder.path, 'ready');
  await mkdir(ready);
  await writeFile(join(ready, 'PG_VERSION'), '17');
  await run('tar', ['-czf', `${ready}.tar.gz`, '-C', ready, '.']);
  await chmod(`${ready}.tar.gz`, 0o444);
  await chmod(file, 0o444);
  const mounts = {
    ...Object.fromEntries(namesOf(product).map((name) => [`/run/secrets/${name}`, file])),
    '/usr/local/bin/docker-entrypoint.sh': next,
    ...(isReady ? { [`/usr/share/passthru/${product}.tar.gz`]: `${ready}.tar.gz` } : {}),
  };
  const volumes = Object.entries(mounts).flatMap(([target, source]) => ['--volume', `${source}:${target}:ro`]);
  const limits = ['--rm', '--network=none', '--user=postgres', '--env=PGDATA=/tmp/data/pgdata', '--entrypoint=bash'];
  const command = `mkdir /tmp/data\n${before}\n${await startOf(product)}`;
  const called = ['-ec', command, 'bash', 'postgres', '-c', 'ssl=on'];
  const { stdout } = await run('docker', ['run', ...limits, ...volumes, 'postgres:17-trixie', ...called], { timeout: 60_000 });
  return stdout.trim().split('\n');
};

const namesOf = (product: string) => ['health-client', `${product}-postgres`].flatMap((name) => [`${name}.key`, `${name}.pem`]);

const calledFor = (product: string) => [
  'called with postgres -c ssl=on',
  ...namesOf(product).map((name) => `600 postgres /tmp/tls/${name}`),
];

const DATABASE = 'mkdir $PGDATA; echo 17 > $PGDATA/PG_VERSION';

describe.runIf(await dockerImages('postgres:17-trixie')).each(['identity', 'kms'])('What starts the PostgreSQL of %s', (product) => {
  it.each([
    ['marks a database that is still to be made', 'true', ['./pgdata.making']],
    ['wipes one whose first start did not come to its end', `${DATABASE}; touch $PGDATA.making`, ['./pgdata.making']],
    ['leaves one alone that was finished', DATABASE, ['./pgdata', './pgdata/PG_VERSION']],
  ])('has keys that only PostgreSQL reads, and %s', { timeout: 120_000 }, async (_, before, found) => {
    expect(await startAfter(product, before)).toEqual([...calledFor(product), ...found]);
  });

  it.each([
    ['where there is none', 'true', ['./pgdata', './pgdata/PG_VERSION']],
    ['in the place of one that was copied half', `${DATABASE}; touch $PGDATA/half $PGDATA.making`, ['./pgdata', './pgdata/PG_VERSION']],
    ['and not over one that was finished', `${DATABASE}; touch $PGDATA/mine`, ['./pgdata', './pgdata/PG_VERSION', './pgdata/mine']],
  ])('copies the database that its image has, %s', { timeout: 120_000 }, async (_, before, found) => {
    expect(await startAfter(product, before, true)).toEqual([...calledFor(product), ...found]);
  });
});
