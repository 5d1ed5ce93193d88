import { readdir, readFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from '#test/support/engine.ts';
import { withSamples } from '../../build/samples.ts';

const PAGE = join(ROOT, 'docs/write-an-app.md');
const read = () => readFile(PAGE, 'utf8');

describe('docs/write-an-app.md', () => {
  it('shows the samples as they are; `npm run generate` writes them anew', async () => {
    const page = await read();
    expect(page).toBe(await withSamples(page, pathToFileURL(PAGE)));
    const shown = page.replaceAll(/^(<!-- samples\/.* -->\n```\w+\n)[^]*?^```$/gm, '$1```');
    expect(await withSamples(shown, pathToFileURL(PAGE))).toBe(page);
  });

  it('shows every sample, and says how to run it', async () => {
    const page = await read();
    const entries = await readdir(join(ROOT, 'docs/samples'), { withFileTypes: true });
    const names = entries.filter((entry) => entry.isFile()).map(({ name }) => name);
    expect(names.length).toBeGreaterThan(3);
    for (const name of names) {
      expect(page).toContain(`\n<!-- samples/${name} -->\n`);
      expect(page).toMatch(new RegExp(`^\\| .* \\| \`.* docs/samples/${name}\` \\|$`, 'm'));
    }
  });
});

it('docs/services.md shows its samples as they are; `npm run generate` writes them anew', async () => {
  const file = join(ROOT, 'docs/services.md');
  const page = await readFile(file, 'utf8');
  expect(page).toBe(await withSamples(page, pathToFileURL(file)));
  for (const name of ['services.py', 'services.go']) expect(page).toContain(`\n<!-- samples/services/${name} -->\n`);
});

it('docs/testing.md shows its samples as they are; `npm run generate` writes them anew', async () => {
  const file = join(ROOT, 'docs/testing.md');
  const page = await readFile(file, 'utf8');
  expect(page).toBe(await withSamples(page, pathToFileURL(file)));
  for (const name of await readdir(join(ROOT, 'docs/samples/testing'))) expect(page).toContain(`\n<!-- samples/testing/${name} -->\n`);
});

describe('docs/clients.md', () => {
  const file = join(ROOT, 'docs/clients.md');
  const samples = join(ROOT, 'docs/samples/clients');

  it('shows its samples as they are; `npm run generate` writes them anew', async () => {
    const page = await readFile(file, 'utf8');
    expect(page).toBe(await withSamples(page, pathToFileURL(file)));
    const names = await readdir(samples, { recursive: true });
    const programs = names.filter((name) => /\.(mjs|py|go|java|rs|conf|yml)$/.test(name));
    expect(programs).toHaveLength(12);
    for (const name of programs) expect(page).toContain(`\n<!-- samples/clients/${name} -->\n`);
  });

  it('names the versions that its programs are run with', async () => {
    const page = await readFile(file, 'utf8');
    const table = page.slice(page.indexOf('| Library |'), page.indexOf('All of them'));
    const manifests = ['python/requirements.txt', 'go/go.mod', 'nimbus/pom.xml', 'spring/pom.xml', 'rust/Cargo.toml'];
    const node = ['openid-client', 'oauth4webapi'].map((name) => join(ROOT, 'node_modules', name, 'package.json'));
    const texts = await Promise.all([...manifests.map((name) => join(samples, name)), ...node].map((name) => readFile(name, 'utf8')));
    const versions = texts.flatMap((text) => [
      ...text.matchAll(/^(?:Authlib|requests-oauthlib|PyJWT|joserfc)\S*==(\S+)$/gm),
      ...text.matchAll(/(?:go-oidc\/v3|x\/oauth2) v(\S+)$/gm),
      ...text.matchAll(/<artifactId>(?:oauth2-oidc-sdk|spring-boot-starter-parent)<\/artifactId>\s*<version>([^<]+)</g),
      ...text.matchAll(/^(?:openidconnect|jsonwebtoken) = \{ version = "=([^"]+)"/gm),
      ...text.matchAll(/^ {2}"version": "([^"]+)"/gm),
    ]);
    expect(versions).toHaveLength(12);
    for (const [, version] of versions) expect(table).toMatch(new RegExp(`[ |]${RegExp.escape(version ?? '')}[ ,)]`));
  });
});
