#!/usr/bin/env node
/**
 * A wildcard makes a source of COPY optional in BuildKit, but only its last part: a missing folder before it fails the build.
 *
 * Guess:   `COPY package.json dist/package-lock.jso[n] ./` copies the lock file where there is one, and goes on where there is none, as
 *          `COPY package.json package-lock.jso[n] ./` does.
 * Is:      without a folder dist/ in the context the build fails with `lstat /dist: no such file or directory`. Where a wildcard stands
 *          in the folder's name, too (`dis[t]/package-lock.jso[n]`), it goes on.
 * Version: Docker Engine 28.5 with Buildx 0.29; the engine at hand is asked and printed.
 * Source:  https://github.com/moby/buildkit/issues/2933 (open); Dockerfile reference, COPY, pattern matching.
 * Who:     anybody whose images are built from a checkout and from a package alike, with a lock file in one place or the other. It stays
 *          hidden where an earlier build left the folder behind, and where the builder's cache has the same result: only an empty builder
 *          on a clean clone shows it, hence --no-cache below.
 *
 *   node findings/buildkit-optional-copy.mjs     needs a Docker engine; pulls nothing
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const versions = [
  ['engine', ['version', '--format', '{{.Server.Version}}']],
  ['buildx', ['buildx', 'version']],
];
for (const [name, args] of versions) console.log(`${name}: ${execFileSync('docker', args, { encoding: 'utf8' }).trim()}`);

const context = mkdtempSync(join(tmpdir(), 'optional-copy-'));
/** Builds an image from nothing but package.json and this second source, which is not there. */
const build = (source) => {
  writeFileSync(join(context, 'package.json'), '{}');
  writeFileSync(join(context, 'Dockerfile'), `FROM scratch\nCOPY package.json ${source} ./\n`);
  const { status, stderr } = spawnSync(
    'docker',
    ['build', '--no-cache', '--progress', 'plain', '--output', `type=local,dest=${join(context, 'out')}`, context],
    {
      encoding: 'utf8',
    },
  );
  const said = stderr.trim().split('\n').at(-1);
  console.log(`COPY package.json ${source} ./\n  → ${status === 0 ? 'builds' : said}`);
  return status === 0 ? 'builds' : said;
};

try {
  const seen = ['package-lock.jso[n]', 'dist/package-lock.jso[n]', 'dis[t]/package-lock.jso[n]'].map(build);
  const isAsFound = seen[0] === 'builds' && seen[1]?.includes('lstat /dist: no such file or directory') && seen[2] === 'builds';
  console.log(isAsFound ? 'As found.' : 'This has changed: look at the head of this file.');
  process.exitCode = isAsFound ? 0 : 1;
} finally {
  rmSync(context, { recursive: true, force: true });
}
