import { execFile } from 'node:child_process';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { lookAtTrust, rootOfStack, trustedFor, trustRoot, untrustRoot } from '#stack/trust/trust-of-stack.ts';
import { nameOf } from '#stack/trust/trust-place.ts';
import { makeDatabase, missingCertutil, trustHouse } from '#test/support/trust.ts';

const run = promisify(execFile);
const missing = await missingCertutil();
if (missing !== null) process.stderr.write(`Trust of browsers is not tested: ${missing}\n`);

const states = (outcomes: readonly { readonly state: string }[]): string[] => outcomes.map(({ state }) => state);

describe.runIf(missing === null)('trust in the databases of browsers', () => {
  it('is added for Chromium and every profile of Firefox, verified, kept by a second run, and taken back', async () => {
    await using house = await trustHouse();
    const { home, stateDir, options } = house;
    const profile = join(home, '.mozilla/firefox/abc.default-release');
    await makeDatabase(profile);
    const root = await rootOfStack(stateDir);
    expect(states(await lookAtTrust(root, options))).toEqual(['absent', 'absent']);
    expect(await readdir(home)).toEqual(['.mozilla']);

    const added = await trustRoot(root, options);
    expect(added.map(({ place, state }) => [place.path, place.readers, state])).toEqual([
      [join(home, '.pki/nssdb'), 'Chromium and Chrome', 'added'],
      [profile, 'Firefox', 'added'],
    ]);
    for (const database of [join(home, '.pki/nssdb'), profile]) {
      expect(await house.listed(database)).toMatch(new RegExp(`${nameOf(root.fingerprint)}\\s+C,,`));
    }
    expect(states(await trustRoot(root, options))).toEqual(['trusted', 'trusted']);

    expect(states(await untrustRoot(options))).toEqual(['removed', 'removed']);
    expect(await house.listed(profile)).not.toContain('passthru');
    expect(states(await lookAtTrust(root, options))).toEqual(['absent', 'absent']);
    expect(await untrustRoot(options)).toEqual([]);
  });

  it('is taken back when the CA has changed since, and when the state folder is gone', async () => {
    await using house = await trustHouse();
    const { home, stateDir, options } = house;
    const database = join(home, '.pki/nssdb');
    const first = await rootOfStack(stateDir);
    await trustRoot(first, options);
    await house.makeCa();
    expect(states(await untrustRoot(options))).toEqual(['removed']);
    expect(await house.listed(database)).not.toContain('passthru');

    await trustRoot(await rootOfStack(stateDir), options);
    await rm(stateDir, { recursive: true });
    expect(states(await untrustRoot(options))).toEqual(['removed']);
    expect(await house.listed(database)).not.toContain('passthru');
  });

  it('goes to the new CA of a state folder, and leaves the old one', async () => {
    await using house = await trustHouse();
    const { home, stateDir, options } = house;
    const first = await rootOfStack(stateDir);
    await trustRoot(first, options);
    await house.makeCa();
    const second = await rootOfStack(stateDir);
    expect(states(await trustRoot(second, options))).toEqual(['added', 'removed']);
    const listed = await house.listed(join(home, '.pki/nssdb'));
    expect([listed.includes(nameOf(second.fingerprint)), listed.includes(nameOf(first.fingerprint))]).toEqual([true, false]);
    expect(await trustedFor(options)).toEqual([
      { stateDir, store: 'nss', path: join(home, '.pki/nssdb'), fingerprint: second.fingerprint },
    ]);
  });

  it('leaves alone what others put there: the same root under another name, and the CA of another state folder', async () => {
    await using house = await trustHouse();
    const { home, stateDir, options } = house;
    const database = join(home, '.pki/nssdb');
    await makeDatabase(database);
    const root = await rootOfStack(stateDir);
    await run('certutil', ['-A', '-d', `sql:${database}`, '-n', 'my passthru', '-t', 'C,,', '-i', root.file]);
    expect(states(await trustRoot(root, options))).toEqual(['trusted']);
    expect(await untrustRoot(options)).toEqual([]);
    expect(await house.listed(database)).toContain('my passthru');

    await using other = await trustHouse();
    await trustRoot(await rootOfStack(other.stateDir), { ...options, stateDir: other.stateDir });
    expect(await untrustRoot(options)).toEqual([]);
    expect(await house.listed(database)).toMatch(/passthru-[0-9a-f]{16}/);
  });

  it('changes no trust that somebody else took away from the root, and says so', async () => {
    await using house = await trustHouse();
    const { home, stateDir, options } = house;
    const database = join(home, '.pki/nssdb');
    await makeDatabase(database);
    const root = await rootOfStack(stateDir);
    await run('certutil', ['-A', '-d', `sql:${database}`, '-n', 'my passthru', '-t', ',,', '-i', root.file]);
    const [outcome] = await trustRoot(root, options);
    expect(outcome).toMatchObject({ state: 'failed', why: 'the root is there under the name "my passthru", without trust' });
    expect(await house.listed(database)).toMatch(/my passthru\s+,,/);
  });

  it('fails for a database with a primary password, with the reason, and goes on with the others', async () => {
    await using house = await trustHouse();
    const { home, stateDir, options } = house;
    await makeDatabase(join(home, '.mozilla/firefox/locked'), 'a primary password');
    await makeDatabase(join(home, '.mozilla/firefox/open'));
    const outcomes = await trustRoot(await rootOfStack(stateDir), options);
    expect(outcomes.map(({ place, state }) => [place.path.split('/').at(-1), state])).toEqual([
      ['nssdb', 'added'],
      ['locked', 'failed'],
      ['open', 'added'],
    ]);
    expect(outcomes[1]?.why).toMatch(/certutil could not add the root/);
    expect(outcomes[1]?.fix).toContain('primary password');
  });

  it('names the package where certutil is missing, and makes nothing', async () => {
    await using house = await trustHouse();
    const { home, stateDir, options } = house;
    const [outcome] = await trustRoot(await rootOfStack(stateDir), { ...options, env: { PATH: '/nowhere' } });
    expect(outcome).toMatchObject({ state: 'blocked', why: 'the program certutil of NSS is not there' });
    expect(outcome?.fix).toContain('libnss3-tools');
    expect(await readdir(home)).toEqual([]);
  });
});
