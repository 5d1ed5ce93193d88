#!/usr/bin/env node
/**
 * Under `strict-allow-scripts` npx refuses to run the program of the very project that it stands in, once that project has a `prepare`
 * script, whatever its `allowScripts` says.
 *
 * Guess:   `strict-allow-scripts=true` in .npmrc makes an install fail for a package with a script that `allowScripts` of package.json does
 *          not name. The project itself is no dependency: `npm ci` runs its `prepare` without asking, and `npx <its own program>` in the
 *          checkout runs the file that `bin` names.
 * Is:      npx links the project into a cache of its own, takes the link for a package with an install script, and ends with
 *          ESTRICTALLOWSCRIPTS; naming the project in its own `allowScripts` changes nothing. Once the cache has the link (from a run
 *          without the setting) it works, so the failure is seen on fresh machines and in CI, and not where the line was written.
 * Version: npm 11.19.1.
 * Source:  npm documentation, config `strict-allow-scripts` and `allow-scripts`; neither speaks of npx and the project itself.
 * Who:     whoever has a README that says `npm ci && npx <own program>`, a `prepare` script, and wants an unknown install script to fail.
 *          What works: leave the setting out, and have a test hold the packages with `hasInstallScript` in the lock file against a list.
 *
 *   node findings/npm-strict-allow-scripts-npx.mjs
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const NPM = '11.19.1';

const folder = mkdtempSync(join(tmpdir(), 'npm-strict-'));
try {
  execFileSync('npm', ['install', '--silent', '--no-audit', '--no-fund', '--prefix', folder, `npm@${NPM}`], { stdio: 'inherit' });
  const cli = join(folder, 'node_modules', 'npm', 'bin');

  /** What `npx own-program` prints in a checkout of its own, with a cache that nobody used before. */
  const run = (name, { npmrc, allowScripts, prepare }) => {
    const project = join(folder, name);
    mkdirSync(project);
    const scripts = prepare ? { prepare: 'node --version' } : {};
    const manifest = { name: 'own-program', version: '1.0.0', private: true, bin: { 'own-program': 'run.js' }, scripts, allowScripts };
    writeFileSync(join(project, 'package.json'), JSON.stringify(manifest));
    writeFileSync(join(project, 'run.js'), '#!/usr/bin/env node\nconsole.log("it ran");\n', { mode: 0o755 });
    writeFileSync(join(project, '.npmrc'), npmrc);
    const options = { cwd: project, encoding: 'utf8', env: { ...process.env, npm_config_cache: join(folder, `${name}-cache`) } };
    const install = spawnSync(process.execPath, [join(cli, 'npm-cli.js'), 'install', '--no-audit', '--no-fund'], options);
    const npx = spawnSync(process.execPath, [join(cli, 'npx-cli.js'), '--yes', 'own-program'], options);
    const said = `${npx.stdout}${npx.stderr}`;
    return {
      install: install.status,
      npx: npx.status,
      said: said.includes('it ran') ? 'it ran' : (/code (\w+)/.exec(said)?.[1] ?? said.trim()),
    };
  };

  const strict = 'strict-allow-scripts=true\n';
  const seen = {
    'without the setting': run('plain', { npmrc: '', allowScripts: {}, prepare: true }),
    'strict, no prepare': run('no-prepare', { npmrc: strict, allowScripts: {}, prepare: false }),
    'strict, prepare': run('strict', { npmrc: strict, allowScripts: {}, prepare: true }),
    'strict, prepare, and the project named': run('named', { npmrc: strict, allowScripts: { 'own-program': true }, prepare: true }),
  };
  console.log(`npm ${NPM}, Node ${process.version}`);
  console.table(seen);

  const ran = { install: 0, npx: 0, said: 'it ran' };
  const refused = { install: 0, npx: 1, said: 'ESTRICTALLOWSCRIPTS' };
  const expected = [ran, ran, refused, refused];
  if (JSON.stringify(Object.values(seen)) !== JSON.stringify(expected)) {
    console.error('this is not what it was: expected', expected);
    process.exitCode = 1;
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
