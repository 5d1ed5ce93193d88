import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestIdentity } from './identity.ts';

/** The files of an operator, as `--operator` names their folder. */
export const writeOperatorFiles = async ({ tls }: Pick<TestIdentity, 'tls'>, folder: string): Promise<string> => {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const { ca, cert, key } = tls.leaf('client');
  await copyFile(ca, join(folder, 'ca.pem'));
  await copyFile(cert, join(folder, 'cli-client.pem'));
  await copyFile(key, join(folder, 'cli-client.key'));
  return folder;
};
