import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PACKAGE_ROOT } from '#infra/process/package-root.ts';

/** The variables that the delivered Compose files read, such as `PASSTHRU_TAG`: they are no settings of the CLI, and no slips either. */
export const composeVariables = async (packageRoot = PACKAGE_ROOT): Promise<ReadonlySet<string>> => {
  const deployments = join(packageRoot, 'deployments');
  const entries = await readdir(deployments, { recursive: true });
  const files = entries.filter((name) => /(^|[\\/])compose(\.[a-z]+)?\.yml$/.test(name));
  const texts = await Promise.all(files.map((file) => readFile(join(deployments, file), 'utf8')));
  return new Set(texts.flatMap((text) => [...text.matchAll(/\$\{(PASSTHRU_[A-Z0-9_]+)/g)].map(([, name]) => name ?? '')));
};
