import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { getCACertificates } from 'node:tls';
import { stateFolder } from '#engine/state/state-folder.ts';
import { writeFileAtomic } from '#infra/files/atomic-file.ts';

/** Variables by which programs are told of a file with the roots that they trust. */
export const ROOTS_VARIABLES = ['NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE', 'CURL_CA_BUNDLE', 'REQUESTS_CA_BUNDLE', 'GIT_SSL_CAINFO'] as const;

/** Its name beside the certificates of a stack, of which it is none. */
export const CA_BUNDLE = 'ca-bundle.pem';

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/**
 * Writes the root of a stack, and with it every other root that a program here would trust, into one file: a program that is told of it
 * reaches the stack, and other hosts as before. The others are those of the files that the variables above name, and those of the system;
 * where the system has none, those that come with Node, which are Mozilla's.
 *
 * @returns the file, absolute: PEM, in the state folder, with which it goes
 */
export const writeCaBundle = async (options: {
  readonly stateDir: string;
  readonly caFile: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}): Promise<string> => {
  const { stateDir, caFile, env } = options;
  const named = ROOTS_VARIABLES.flatMap((name) => env[name] || []);
  const texts = await Promise.all([readFile(caFile, 'utf8'), ...named.map(readOrNothing)]);
  const system = getCACertificates('system');
  const roots = [
    ...texts.flatMap((text) => text.match(CERTIFICATE) ?? []),
    ...(system.length === 0 ? getCACertificates('bundled') : system),
  ];
  const file = join(stateFolder(stateDir).tls, CA_BUNDLE);
  const bundle = `${[...new Set(roots.map((root) => root.trim()))].join('\n')}\n`;
  if ((await readOrNothing(file)) !== bundle) await writeFileAtomic(file, bundle, { durable: false });
  return file;
};

/** A file that is named and cannot be read is of no use to the programs that it is named for either. */
const readOrNothing = (file: string): Promise<string> => readFile(file, 'utf8').catch(() => '');
