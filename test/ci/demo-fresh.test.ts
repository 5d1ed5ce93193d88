import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cli } from '#test/support/cli.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';

const SCRIPT = join(import.meta.dirname, '../../build/demo-fresh.ts');

/** A program in the place of git, npm, npx and docker: it writes down how it was called, and does as little as the script needs. */
const STAND_IN = `#!/bin/sh
echo "\${0##*/} $*" >> "$CALLS"
case "\${0##*/} $*" in
  'git clone'*) mkdir "$4" ;;
  'docker images'*) cat "$IMAGES" ;;
  'docker rmi'*) : > "$IMAGES" ;;
  'npm pack'*) : > "$3/passthru-0.1.0.tgz" ;;
  'npx passthru demo'*) echo "passthru demo all   engine $ENGINE: a reason" ; echo "CI is '$CI'" ;;
esac
`;

/** Runs the script with these stand-ins; calls are told without the folders that it makes. */
const freshDemo = async (options: { readonly ci?: string; readonly engine?: string; readonly flags?: readonly string[] }) => {
  await using folder = await temporaryDirectory();
  const at = (...path: readonly string[]) => join(folder.path, ...path);
  await Promise.all([
    mkdir(at('bin')),
    mkdir(at('tmp')),
    writeFile(at('images'), 'passthru-kms:0123456789abcdef\n'),
    writeFile(at('calls'), ''),
  ]);
  for (const program of ['git', 'npm', 'npx', 'docker']) {
    await writeFile(at('bin', program), STAND_IN);
    await chmod(at('bin', program), 0o755);
  }
  const env = {
    PATH: `${at('bin')}${delimiter}${process.env['PATH']}`,
    TMPDIR: at('tmp'),
    CALLS: at('calls'),
    IMAGES: at('images'),
    CI: options.ci ?? '',
    ENGINE: options.engine ?? 'docker',
  };
  const result = await cli(options.flags ?? [], { bin: SCRIPT, cwd: folder.path, env });
  const calls = (await readFile(at('calls'), 'utf8')).trim().split('\n');
  return {
    ...result,
    calls: calls.map((call) => call.replaceAll(/\S*\/passthru-fresh-\w+/g, '<folder>').replace(/^git clone --quiet \S+/, 'git clone')),
    log: await readFile(at('test-results/demo-fresh.log'), 'utf8'),
    left: await readdir(at('tmp')),
  };
};

describe("The newcomer's demo", () => {
  it('clones, installs and runs the demo from the clone and from its tarball, takes it down, and removes what it made', async () => {
    const { code, calls, log, left } = await freshDemo({ flags: ['--port-kms', '18081'] });
    expect(calls).toEqual([
      'git clone <folder>/clone',
      'npm ci',
      'npx passthru demo all --port-kms 18081',
      'npx passthru down --volumes',
      'git status --porcelain',
      'npm pack --pack-destination <folder>/installed',
      'npm install ./passthru-0.1.0.tgz',
      'npx passthru demo all --port-kms 18081',
      'npx passthru down --volumes',
    ]);
    expect(log).toContain('passthru demo all   engine docker');
    expect(left).toEqual([]);
    expect(code).toBe(0);
  });

  it('removes our images and the build cache first in CI, where the demo still runs as outside of it', async () => {
    const { code, stdout, calls } = await freshDemo({ ci: 'true' });
    expect(calls.filter((call) => call.startsWith('docker '))).toEqual([
      'docker images --filter reference=passthru-* --format {{.Repository}}:{{.Tag}}',
      'docker rmi --force passthru-kms:0123456789abcdef',
      'docker builder prune --all --force',
      'docker images --filter reference=passthru-* --format {{.Repository}}:{{.Tag}}',
    ]);
    expect(calls.indexOf('docker builder prune --all --force')).toBeLessThan(calls.indexOf('npx passthru demo all'));
    expect(stdout).toContain("CI is ''");
    expect(code).toBe(0);
  });

  it("leaves a developer's images and build cache alone, and says so", async () => {
    const { stdout, calls } = await freshDemo({});
    expect(calls.filter((call) => call.startsWith('docker '))).toEqual([]);
    expect(stdout).toContain('stay as they are; only with CI=true are they removed first');
  });

  it('fails where the demo fell back to the embedded engine, and takes that down too', async () => {
    const { code, stderr, calls, left } = await freshDemo({ engine: 'embedded' });
    expect(code).not.toBe(0);
    expect(stderr).toContain('the demo did not run on Docker');
    expect(calls.at(-1)).toBe('npx passthru down --volumes');
    expect(left).toEqual([]);
  });
});
