import { access, readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '../../../..');
const FOLDER = join(ROOT, 'src/identity/provider/seams');
/** What seams are made with; they bend nothing by themselves. */
const TOOLS = ['replace-method.ts', 'on-entity.ts', 'current-request.ts'];
const files = (await readdir(FOLDER)).filter((file) => !TOOLS.includes(file)).toSorted();

const installed = async (): Promise<string> =>
  (JSON.parse(await readFile(join(ROOT, 'node_modules/oidc-provider/package.json'), 'utf8')) as { version: string }).version;

test.each(files)('%s was read against the oidc-provider that is installed, and names the test that holds it', async (file) => {
  const source = (await readFile(join(FOLDER, file), 'utf8')).replaceAll(/\n \* ?/g, ' ');
  const versions = [...source.matchAll(/read in oidc-provider (\d+\.\d+\.\d+)/g)].map(([, version]) => version);
  const tests = [...source.matchAll(/Held by: (\S+)/g)].map(([, path = '']) => path);

  expect(new Set(versions)).toEqual(new Set([await installed()]));
  expect(tests).toHaveLength(versions.length);
  for (const path of tests) await expect(access(join(ROOT, path)), path).resolves.toBeUndefined();
});
