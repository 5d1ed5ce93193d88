import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ServiceName } from '../../engine.ts';
import type { Layout } from './layout.ts';

/**
 * A hash of all that a service reads at its start and not again: configuration, secrets, root certificate, Node and our code.
 * A service that runs under another hash is out of date. Leaves are not part of it: they are reloaded while it runs.
 */
export const configHash = async (options: {
  layout: Layout;
  service: ServiceName;
  code: string;
  secretFiles: readonly string[];
}): Promise<string> => {
  const { layout, service, code, secretFiles } = options;
  const defaults = layout.defaults(service);
  const delivered = defaults === null ? [] : (await readdir(dirname(defaults))).toSorted().map((file) => join(dirname(defaults), file));
  const files = [...delivered, layout.overlay(service), layout.endpoints.caFile, ...secretFiles];
  const contents = await Promise.all(files.map((file) => readFile(file)));
  const hash = createHash('sha256').update(JSON.stringify([process.execPath, process.version, code]));
  for (const [i, file] of files.entries()) hash.update(`\0${file}\0`).update(contents[i] ?? '');
  return hash.digest('base64url');
};

/** Names the code that would run: the version of the package, and in a checkout the time of its newest source file. */
export const codeVersion = async (packageRoot: string): Promise<string> => {
  const { version } = JSON.parse(await readFile(join(packageRoot, 'package.json'), 'utf8')) as { version: string };
  for (const folder of ['src', 'dist']) {
    const entries = await readdir(join(packageRoot, folder), { recursive: true }).catch(() => null);
    if (entries === null) continue;
    // A thousand looks: handed to the thread pool one by one, they would take three times as long.
    const times = entries.map((entry) => statSync(join(packageRoot, folder, entry)).mtimeMs);
    return `${version} ${folder} ${Math.max(0, ...times)}`;
  }
  return version;
};
