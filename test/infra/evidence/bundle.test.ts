import { execFile } from 'node:child_process';
import { randomUUIDv7 } from 'node:crypto';
import { copyFile, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import type { BundleFile } from '#demo/evidence/bundle/bundle-files.ts';
import { main, verifyFolder } from '#infra/evidence/bundle/main.ts';
import { type BundleCheck, FILES } from '#infra/evidence/bundle/manifest.ts';
import { linesOfVerdict } from '#infra/evidence/bundle/verdict-lines.ts';
import { verifyBundle } from '#infra/evidence/bundle/verify-bundle.ts';
import { verifierText } from '#infra/evidence/verifier-text.ts';
import type { Authority } from '#infra/tls/authority/authority.ts';
import { createAuthority } from '#infra/tls/authority/create-authority.ts';
import { verifierSource } from '../../../build/evidence-verifier.ts';
import { asFiles, layBundle, smallBundle, steeringBundle, withOneByteChanged } from '#test/support/evidence.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';

let authority: Authority;
let bundle: readonly BundleFile[];

beforeAll(async () => {
  authority = await createAuthority();
  bundle = await smallBundle({ authority });
});

const faults = (files: Map<string, Uint8Array>, fingerprint?: string): readonly string[] =>
  verifyBundle(files, { fingerprint }).faults.map(({ where, what }) => `${where ?? ''} ${what}`.trim());
const checkIn = (files: readonly BundleFile[]): readonly BundleCheck[] =>
  (JSON.parse(files.find(([path]) => path === FILES.checks)?.[1] ?? '') as { checks: BundleCheck[] }).checks;
/** The manifest of the bundle with other members. */
const manifestWith = (members: object): string =>
  JSON.stringify({ ...(JSON.parse(asFiles(bundle).get(FILES.manifest)?.toString() ?? '') as object), ...members });

/** Valid JSON, deeper than a function can call itself. */
const NESTED = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;

describe('a bundle', () => {
  it('holds, and says how many of its checks can be made again', () => {
    expect(verifyBundle(asFiles(bundle))).toMatchObject({
      holds: true,
      faults: [],
      checks: { repeated: 1, observed: 1, failed: 0 },
      exchanges: 1,
      signer: { name: 'passthru evidence', ca_is_pinned: false },
      audit: null,
    });
  });

  it('holds under the root that its reader trusts, and not under another', async () => {
    const { signer } = verifyBundle(asFiles(bundle));
    const ca = signer?.ca ?? '';
    expect(verifyBundle(asFiles(bundle), { fingerprint: ca.replaceAll(':', '').toLowerCase() })).toMatchObject({
      holds: true,
      signer: { ca_is_pinned: true },
    });
    const forged = await smallBundle();
    expect(faults(asFiles(forged))).toEqual([]);
    expect(faults(asFiles(forged), ca)).toEqual([expect.stringContaining('certificates/ca.pem is not the root to trust')]);
  });

  it('names no signer where nothing vouches for one: a forgery under a genuine root, another root, no good signature', async () => {
    const ca = verifyBundle(asFiles(bundle)).signer?.ca ?? '';
    // The signer is a stranger's, and the root that lies beside it that of the owner.
    const forged = asFiles(await smallBundle({ authority: { ...(await createAuthority()), rootPem: authority.rootPem } }));
    for (const fingerprint of [ca, undefined]) expect(verifyBundle(forged, { fingerprint })).toMatchObject({ holds: false, signer: null });
    const byClient = asFiles(await smallBundle({ authority, kind: 'client' }));
    expect(verifyBundle(byClient, { fingerprint: ca })).toMatchObject({ holds: false, signer: null });
    const verdict = verifyBundle(asFiles(bundle), { fingerprint: '0'.repeat(64) });
    expect(verdict).toMatchObject({ holds: false, signer: null });
    expect(linesOfVerdict(verdict)).toEqual(
      expect.arrayContaining(['Signature  none that is good', 'Trust      nothing here is vouched for']),
    );
  });

  it('shows every change of one byte of its manifest and signature', () => {
    const files = asFiles(bundle);
    for (const path of [FILES.signature, FILES.manifest]) {
      const bytes = files.get(path) ?? new Uint8Array();
      const unseen = [...bytes.keys()].filter((at) => {
        const changed = Buffer.from(bytes);
        changed[at] = (changed[at] ?? 0) ^ (1 + (at % 127));
        return verifyBundle(new Map(files).set(path, changed)).holds;
      });
      expect(unseen, path).toEqual([]);
    }
  });

  it('shows fifty changes of one byte anywhere', () => {
    const run = randomUUIDv7();
    const unseen = Array.from({ length: 50 }, (_, n) => withOneByteChanged(asFiles(bundle), `${run} ${n}`)).filter(
      ({ files }) => verifyBundle(files).holds,
    );
    expect(
      unseen.map(({ where }) => where),
      run,
    ).toEqual([]);
  });

  it('shows a file more and a file less', () => {
    const files = asFiles(bundle);
    expect(faults(new Map(files).set('notes.txt', Buffer.from('x')))).toEqual(['notes.txt is not in the manifest']);
    files.delete('exchanges/kms.keys.json');
    expect(faults(files)).toEqual(['exchanges/kms.keys.json is missing', 'kms.keys state rests on x1, which is not there']);
  });

  it('shows that nobody signed it, or one whose certificate is not for documents', async () => {
    const unsigned = asFiles(bundle);
    unsigned.delete(FILES.signature);
    expect(faults(unsigned)).toEqual(['manifest.jws is missing: nobody signed this bundle']);
    const byClient = await smallBundle({ authority, kind: 'client' });
    expect(faults(asFiles(byClient))).toEqual(['manifest.jws is by a key whose certificate is not for documents']);
  });

  it('shows a certificate that was not valid then, and one of another authority', async () => {
    const old = await smallBundle({ authority, createdAt: '2001-01-01T00:00:00.000Z' });
    expect(faults(asFiles(old))).toEqual([expect.stringContaining('passthru evidence was not valid then')]);
    const signature = (await smallBundle({ createdAt: new Date().toISOString() })).find(([path]) => path === FILES.signature)?.[1] ?? '';
    expect(faults(asFiles(bundle).set(FILES.signature, Buffer.from(signature)))).toEqual([
      'manifest.jws is not the signature of this manifest',
    ]);
    const foreignRoot = asFiles(await smallBundle({ authority: { ...authority, rootPem: (await createAuthority()).rootPem } }));
    expect(faults(foreignRoot)).toEqual([expect.stringContaining('leads to no root')]);
  });

  it.each<[string, Partial<BundleCheck>, string]>([
    ['says another value than its exchange shows', { got: 'suspended' }, 'kms.keys state shows active in its exchange, and says suspended'],
    ['says that it failed', { status: 'failed' }, 'kms.keys state has passed by its exchange, and says failed'],
    ['expects what its exchange does not say', { expected: 'any' }, 'kms.keys state expects active by its exchange, and says any'],
    [
      'rests on nothing',
      { basis: { kind: 'exchanges', expected: { take: 'value', value: 'active' }, got: { take: 'body', of: 'x9', at: '/state' } } },
      'kms.keys state rests on x9, which is not there',
    ],
  ])('shows a check that %s, also where its own authority signed it', async (_, change, what) => {
    const [first, ...rest] = checkIn(bundle);
    if (first === undefined) throw new Error('the small bundle has a check');
    const lying = await smallBundle({ authority, checks: [{ ...first, ...change }, ...rest] });
    expect(faults(asFiles(lying))).toContain(what);
  });

  it('is looked at without a stumble, whatever a stranger wrote into it', () => {
    for (const text of [
      '',
      'null',
      '[]',
      '{}',
      '[null]',
      '{"checks":[{"basis":{"kind":"exchanges"}}]}',
      '{"kind":"passthru-evidence","version":1,"files":[],"missing":[],"checks":{},"created_at":"2026-01-01"}',
      manifestWith({ command: { toString: 1 } }),
      manifestWith({ missing: [null] }),
      manifestWith({ files: [{}] }),
      NESTED,
      `{"checks":${NESTED}}`,
    ]) {
      for (const [path] of bundle) {
        const verdict = verifyBundle(asFiles(bundle).set(path, Buffer.from(text)));
        expect([verdict.holds, linesOfVerdict(verdict)[0]], `${path} ${text.slice(0, 100)}`).toEqual([
          false,
          expect.stringContaining('Holds      no: '),
        ]);
      }
    }
  });
});

describe('a folder', () => {
  it('is a bundle with nothing in it but its files: no link, no empty folder', async () => {
    await using folder = await temporaryDirectory();
    await layBundle(folder.path, bundle);
    expect((await verifyFolder(folder.path)).holds).toBe(true);
    await mkdir(join(folder.path, 'empty'));
    await symlink('manifest.json', join(folder.path, 'link'));
    expect((await verifyFolder(folder.path)).faults.map(({ where }) => where).toSorted()).toEqual(['empty', 'link']);
  });
});

describe('verify.mjs', () => {
  it('is made of the sources of now; `npm run generate` makes it anew', async () => {
    expect(await verifierText()).toBe(await verifierSource());
  });

  it('checks a bundle with Node alone: it may read that folder, and nothing else', async () => {
    await using folder = await temporaryDirectory();
    await layBundle(folder.path, bundle);
    const program = join(folder.path, '..', `verify-${randomUUIDv7()}.mjs`);
    await using _program = { [Symbol.asyncDispose]: async () => void (await import('node:fs/promises')).rm(program, { force: true }) };
    await writeFile(program, await verifierText());
    const allowed = ['--permission', `--allow-fs-read=${folder.path}`, `--allow-fs-read=${program}`];
    const run = (...rest: readonly string[]) =>
      promisify(execFile)(process.execPath, [...allowed, program, folder.path, ...rest], { env: {}, cwd: '/' }).then(
        ({ stdout }) => ({ code: 0, stdout }),
        ({ code, stdout }: { readonly code: number; readonly stdout: string }) => ({ code, stdout }),
      );
    const good = await run('--ca', join(folder.path, FILES.ca));
    expect(good).toMatchObject({ code: 0, stdout: expect.stringContaining('the root is the one that you named') });
    await copyFile(join(folder.path, FILES.report), join(folder.path, 'more.json'));
    expect(await run()).toMatchObject({ code: 1, stdout: expect.stringContaining('Fault      more.json is not in the manifest') });
    expect((await run('--fingerprint', 'none')).code).toBe(64);
  });

  it('tells of a bundle of a stranger without a word that steers the terminal or makes a line', async () => {
    await using folder = await temporaryDirectory();
    await layBundle(folder.path, await steeringBundle());
    const { exitCode, text } = await main([folder.path], import.meta.url);
    expect([exitCode, text]).toEqual([1, expect.stringContaining('Missing    demo')]);
    expect(text).toContain('Fault      notes demo');
    expect(text.split('\n').filter((line) => line.startsWith('Holds'))).toEqual([expect.stringContaining('no: ')]);
    expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });

  it('prints its verdict as JSON too, and says how it is used where it is used otherwise', async () => {
    await using folder = await temporaryDirectory();
    await layBundle(folder.path, bundle);
    const { exitCode, text } = await main([folder.path, '--json'], import.meta.url);
    expect([exitCode, (JSON.parse(text) as { holds: boolean }).holds]).toEqual([0, true]);
    for (const argv of [['a', 'b'], ['--unknown'], [join(folder.path, 'nowhere')], ['--ca', join(folder.path, FILES.report)]]) {
      expect(await main(argv, import.meta.url)).toMatchObject({ exitCode: 64, text: expect.stringContaining('Usage: node verify.mjs') });
    }
    expect(await readFile(join(folder.path, FILES.manifest), 'utf8')).toContain('passthru-evidence');
  });
});
