import { randomUUIDv7 } from 'node:crypto';
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { imagesObtainable } from '#engine/docker/before-start.ts';
import { ensureEach } from '#engine/docker/images/ensure-images.ts';
import { imageTag } from '#engine/docker/images/image-tag.ts';
import { type FakeDocker, fakeDocker } from '#test/engine/docker/support/docker-api.ts';
import { type Answer, fakeProgram } from '#test/engine/docker/support/fake-docker-program.ts';
import { haveImages } from '#test/engine/docker/support/fake-stack.ts';
import { projectOf } from '#engine/docker/project/project.ts';
import { ROOT } from '#test/support/engine.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';

const HOUR = 60 * 60 * 1000;

/** A package with everything that an image is built from. */
const testPackage = async () => {
  const folder = await temporaryDirectory();
  const file = (...path: readonly string[]) => join(folder.path, ...path);
  for (const program of ['cli', 'kms', 'identity', 'telemetry']) {
    await mkdir(file('bundle', program), { recursive: true });
    await writeFile(file('bundle', program, 'main.js'), 'export const program = 1;\n');
  }
  await cp(join(ROOT, 'deployments'), file('deployments'), { recursive: true });
  await writeFile(file('package.json'), '{}');
  return { path: folder.path, file, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
};

/** The same as a checkout, whose bundle is made by this program. */
const testCheckout = async (builder: string) => {
  const tested = await testPackage();
  await mkdir(tested.file('src'));
  await mkdir(tested.file('build'));
  await writeFile(tested.file('build', 'bundle.ts'), builder);
  return tested;
};

describe('the tag of our images', () => {
  it('is the same for the same files, wherever they lie and whenever they were written', async () => {
    await using one = await testPackage();
    await using other = await testPackage();
    expect(await imageTag(one.path)).toBe(await imageTag(other.path));
    expect(await imageTag(one.path)).toMatch(/^[0-9a-f]{16}$/);
  });

  it('changes with code, configuration, packages and Dockerfile, and not with what no image holds', async () => {
    await using tested = await testPackage();
    const seen = new Set([await imageTag(tested.path)]);
    for (const path of ['bundle/kms/main.js', 'package.json', 'deployments/kms/Dockerfile', 'deployments/identity/config/identity.yml']) {
      await writeFile(tested.file(...path.split('/')), `# ${randomUUIDv7()}\n`);
      seen.add(await imageTag(tested.path));
    }
    expect(seen.size).toBe(5);
    const before = await imageTag(tested.path);
    await writeFile(tested.file('bundle', 'cli', 'main.js'), 'export const program = 2;\n');
    await writeFile(tested.file('deployments', 'kms', 'compose.yml'), 'services: {}\n');
    expect(await imageTag(tested.path)).toBe(before);
  });

  it('is that of what the sources of a checkout become, not of an older bundle', async () => {
    const builder = `import { writeFileSync } from 'node:fs'; writeFileSync(new URL('../bundle/kms/main.js', import.meta.url), 'export const program = 2;');`;
    await using checkout = await testCheckout(builder);
    await using made = await testPackage();
    await writeFile(made.file('bundle', 'kms', 'main.js'), 'export const program = 2;');
    expect(await imageTag(checkout.path)).toBe(await imageTag(made.path));
  });

  it.each([
    ['Error: no such word', 'Error: no such word'],
    [
      'Error: Build failed\n\n[PARSE_ERROR] Unexpected token\n   ╭─[ src/kms/main.ts:7:9 ]',
      '[PARSE_ERROR] Unexpected token (src/kms/main.ts:7:9)',
    ],
    ['Error: Build failed\n\nError: [UNRESOLVED_IMPORT] No module\n   ╭─[ src/a.ts:1:2 ]', '[UNRESOLVED_IMPORT] No module (src/a.ts:1:2)'],
  ])('is none where the sources make no bundle, and the reason is told with its place: %j', async (said, told) => {
    await using checkout = await testCheckout(`console.error(${JSON.stringify(said)}); process.exitCode = 1;`);
    await expect(imageTag(checkout.path)).rejects.toMatchObject({
      code: 'bundle-not-made',
      message: `bundle/, of which images are built, could not be made: ${told}`,
      fix: 'Run `npm ci`, then `npm run build` to see more.',
    });
  });
});

/** Has every image of a run made, with a docker program that answers so. */
const ensure = (fake: FakeDocker, ...answers: readonly Answer[]) => ensureFor('demo', fake, ...answers);

const ensureFor = async (profile: 'demo' | 'prod', fake: FakeDocker, ...answers: readonly Answer[]) => {
  await using program = await fakeProgram(...answers);
  const progress: string[] = [];
  const done = await imagesObtainable({
    docker: { name: 'test', version: null, endpoint: { kind: 'socket', path: '/nowhere' }, env: program.env },
    open: () => Promise.resolve(fake.api),
    packageRoot: ROOT,
    profile,
    stateDir: join(program.folder, 'state'),
    progress: (text) => void progress.push(text),
    signal: new AbortController().signal,
  });
  return { done, progress, calls: await program.calls() };
};

/** An engine that has all images of this checkout, and the tag of ours. */
const filled = async () => {
  const fake = fakeDocker();
  await haveImages(fake);
  return { fake, tag: await imageTag(ROOT) };
};

describe('the images of a run', () => {
  it('are neither built nor pulled when they are there', async () => {
    const { fake } = await filled();
    const { done, calls } = await ensure(fake);
    expect(done).toEqual({ ok: true, value: 'were-there' });
    expect(calls).toEqual([]);
  });

  it('are built, the missing ones only, with a label by which they are found again', async () => {
    const { fake, tag } = await filled();
    fake.images.delete(`passthru-kms:${tag}`);
    const { done, progress, calls } = await ensure(fake, { to: ' build kms', stdout: '#6 [kms 5/7] COPY bundle/kms bundle/cli\n' });
    // The program of this test builds nothing, and that is seen.
    expect(done).toMatchObject({ ok: false, error: { code: 'image-not-built' } });
    expect(calls).toHaveLength(1);
    expect(calls[0]?.args).toMatch(/^compose -p passthru-[0-9a-f]{8} .* -f - --progress plain build kms$/);
    expect(calls[0]?.input).toContain('passthru.image: kms');
    expect(calls[0]?.env['PASSTHRU_TAG']).toBe(tag);
    expect(progress).toEqual(['building images: kms 5/7 COPY bundle/kms bundle/cli']);
  });

  it('fail alone, by their name: one that cannot be built keeps no other from being built', async () => {
    const fake = fakeDocker();
    await using program = await fakeProgram(
      { to: ' build telemetry identity kms identity-postgres', code: 1, stderr: 'target identity: failed to solve: exit code: 1\n' },
      { to: ' build telemetry kms identity-postgres' },
    );
    const tag = await imageTag(ROOT);
    const signal = new AbortController().signal;
    const docker = { name: 'test', version: null, endpoint: { kind: 'socket', path: '/nowhere' }, env: program.env } as const;
    const project = projectOf({ stateDir: join(program.folder, 'state'), packageRoot: ROOT, portKms: 1, portIdentity: 2, profile: 'demo' });
    const { failures } = await ensureEach({
      connection: docker,
      api: fake.api,
      project,
      tag,
      services: ['telemetry', 'identity', 'kms'],
      progress: () => {},
      signal,
    });
    expect(failures.get('identity')).toMatchObject({
      error: { code: 'image-build-failed', message: expect.stringContaining('the image of identity could not be built') },
    });
    // The program of this test builds nothing, which is told of the two others as of images that are not there.
    expect(['telemetry', 'kms'].map((name) => failures.get(name as 'kms'))).toMatchObject([
      { error: { code: 'image-not-built' } },
      { error: { code: 'image-not-built' } },
    ]);
    expect((await program.calls()).map(({ args }) => /(pull|build) .*$/.exec(args)?.[0])).toEqual([
      'build telemetry identity kms identity-postgres',
      'build telemetry kms identity-postgres',
    ]);
  });

  it('fail with the last output of the step that failed, and with a fix that fits: offline, disk full, rate limit', async () => {
    const build = (said: string) => ({
      to: ' build ',
      code: 1,
      stdout: `#9 [kms 7/7] RUN node --input-type=module\n------\n > [kms 7/7] RUN node --input-type=module:\n1.02 ${said}\n------\n`,
      stderr: 'target kms: failed to solve: process "/bin/sh -c node --input-type=module" did not complete successfully: exit code: 1\n',
    });
    const errors = [
      ['dial tcp: lookup registry-1.docker.io: no such host', 'registry-unreachable', 'Go online'],
      ['net/http: TLS handshake timeout', 'registry-unreachable', 'Go online'],
      ['read ECONNRESET', 'registry-unreachable', 'Go online'],
      ['Cannot connect to the Docker daemon at unix:///var/run/docker.sock', 'docker-not-running', 'Start Docker'],
      ['write /app/bundle/cli/main.js: no space left on device', 'docker-disk-full', 'Free space'],
      ['toomanyrequests: You have reached your pull rate limit', 'registry-rate-limit', 'docker login'],
      [
        'tls: failed to verify certificate: x509: certificate signed by unknown authority',
        'registry-certificate',
        'trust it in the Docker engine',
      ],
      ['Error: something else', 'image-build-failed', 'docker build'],
    ] as const;
    for (const [said, code, fix] of errors) {
      const { done } = await ensure(fakeDocker(), build(said));
      if (done.ok) throw new Error('it was built');
      expect(done.error).toMatchObject({
        code,
        message: expect.stringContaining(said) as string,
        fix: expect.stringContaining(fix) as string,
      });
    }
  });

  it('of a database that cannot be built is told of the services that have one', async () => {
    const { fake, tag } = await filled();
    fake.images.delete(`passthru-postgres:${tag}`);
    const { done } = await ensure(fake, {
      to: ' build identity-postgres',
      code: 1,
      stderr: 'target identity-postgres: failed to solve: postgres:17-trixie: not found\n',
    });
    expect(done).toMatchObject({
      ok: false,
      error: { message: expect.stringContaining('the image of identity-postgres could not be built') as string },
    });
  });

  it('are pulled for the databases of production, which take the image of PostgreSQL as it is', async () => {
    const { fake } = await filled();
    fake.images.delete('postgres:17-trixie');
    const { done, calls } = await ensureFor('prod', fake, { to: ' pull ' });
    expect(done).toEqual({ ok: true, value: 'made' });
    expect(calls.map(({ args }) => /(pull|build) .*$/.exec(args)?.[0])).toEqual(['pull identity-postgres']);
  });

  it('fail to be pulled with what the registry said', async () => {
    const text = 'Error response from daemon: Get "https://registry-1.docker.io/v2/": dial tcp: lookup registry-1.docker.io: no such host';
    const { done } = await ensureFor('prod', fakeDocker(), {
      to: ' pull ',
      code: 1,
      stderr: `${JSON.stringify({ error: true, message: text })}\n`,
    });
    expect(done).toMatchObject({
      ok: false,
      error: { code: 'registry-unreachable', message: expect.stringContaining('postgres:17-trixie') as string },
    });
  });

  it('of another tag go after a build when they are old and ours, and those without a tag; others stay', async () => {
    const { fake, tag } = await filled();
    const [old, recent, foreign] = ['passthru-kms:aaaaaaaaaaaaaaaa', 'passthru-kms:bbbbbbbbbbbbbbbb', 'passthru-kms:0.1.0'];
    fake.images.set(old, { id: 'old', taggedAt: Date.now() - 2 * HOUR });
    fake.images.set(recent, { id: 'recent', taggedAt: Date.now() });
    fake.images.set(foreign, { id: 'foreign', taggedAt: 0 });
    fake.images.set('sha256:untagged', { id: 'sha256:untagged', taggedAt: null });
    const built = fake.images.get(`passthru-kms:${tag}`);
    fake.images.delete(`passthru-kms:${tag}`);
    // It is there when it is looked for the second time: after the build.
    let asked = 0;
    const api = {
      ...fake.api,
      image: (name: string) => (name === `passthru-kms:${tag}` && ++asked > 1 ? Promise.resolve(built ?? null) : fake.api.image(name)),
    };
    const { done } = await ensure({ ...fake, api }, { to: ' build kms' });
    expect(done).toEqual({ ok: true, value: 'made' });
    expect(fake.requests).toEqual(['remove image sha256:untagged', `remove image ${old}`]);
  });
});

describe('the progress of builds and pulls', () => {
  /** The progress of a build or pull that prints these lines and fails, and the reason that is given. */
  const told = async (lines: readonly string[], images: 'all-but-kms' | 'all-but-postgres' = 'all-but-kms') => {
    const { fake, tag } = await filled();
    fake.images.delete(images === 'all-but-kms' ? `passthru-kms:${tag}` : 'postgres:17-trixie');
    const to = images === 'all-but-kms' ? ' build kms' : ' pull ';
    const { done, progress } = await ensureFor(images === 'all-but-kms' ? 'demo' : 'prod', fake, { to, stdout: lines.join('\n'), code: 1 });
    return { progress, why: done.ok ? null : done.error.message };
  };

  it('is one clause for each step that is really done', async () => {
    const { progress } = await told([
      '#1 [internal] load build definition from Dockerfile',
      '#6 [kms 5/7] COPY bundle/kms bundle/cli',
      '#6 0.204 copied',
      '#6 [kms 5/7] COPY bundle/kms bundle/cli',
      '#6 DONE 1.4s',
      '#7 [kms system 2/3] RUN --mount=type=bind,source=deployments/image,target=/run/image node /run/image/gather-system.mjs /image',
      '#9 exporting to image',
    ]);
    expect(progress).toEqual([
      'building images: kms 5/7 COPY bundle/kms bundle/cli',
      'building images: kms system 2/3 RUN node /run/image/gather-system.mjs…',
    ]);
  });

  it('is nothing for what Compose says in plain text between its JSON lines', async () => {
    const { progress } = await told(
      ['time="…" level=warning msg="…"', '{"id":"kms-postgres","text":"Pulling"}', '{"id":"kms-postgres","text":"Pulling"}'],
      'all-but-postgres',
    );
    expect(progress).toEqual(['pulling images: kms-postgres pulling']);
  });

  it('names the error of a step that printed nothing, and no line of the Dockerfile', async () => {
    const { why } = await told([
      '#6 [dependencies 3/4] COPY package.json dist/package-lock.jso[n] ./',
      '#6 ERROR: lstat /dist: no such file or directory',
      '------',
      ' > [dependencies 3/4] COPY package.json dist/package-lock.jso[n] ./:',
      '------',
      'Dockerfile:12',
      '--------------------',
      '  11 |     # Of a checkout that has both, its own.',
      '  12 | >>> COPY package.json dist/package-lock.jso[n] ./',
      '--------------------',
      'failed to solve: lstat /dist: no such file or directory',
    ]);
    expect(why).toBe('the images could not be built: lstat /dist: no such file or directory');
  });

  it('ends in the last words where there is no better reason', async () => {
    expect((await told(['one', '------', 'two'])).why).toBe('the images could not be built: one | two');
  });
});
