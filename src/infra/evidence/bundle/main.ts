import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { printable } from '#infra/lines/printable.ts';
import { fingerprintOf, isFingerprint } from './certificate-path.ts';
import { readBundle } from './read-folder.ts';
import { certificatesIn } from './signature.ts';
import type { EvidenceVerdict } from './verdict.ts';
import { linesOfVerdict } from './verdict-lines.ts';
import { verifyBundle } from './verify-bundle.ts';

/** A bundle as a folder has it. @param options.fingerprint as of `verifyBundle` @throws the file system's error */
export const verifyFolder = async (
  folder: string,
  options: { readonly fingerprint?: string | undefined } = {},
): Promise<EvidenceVerdict> => {
  const { files, faults } = await readBundle(folder);
  const verdict = verifyBundle(files, options);
  return { ...verdict, holds: verdict.holds && faults.length === 0, faults: [...verdict.faults, ...faults] };
};

/** The fingerprint of the root in a PEM file. @throws the file system's error, or that of node:crypto */
export const fingerprintIn = async (pemFile: string): Promise<string | undefined> => {
  const [root] = certificatesIn(await readFile(pemFile, 'utf8'));
  return root === undefined ? undefined : fingerprintOf(root);
};

const USAGE = `Usage: node verify.mjs [folder] [--ca file.pem | --fingerprint sha256] [--json]
Checks a bundle of passthru evidence; it asks nobody. The folder is its own where none is named.
Exit codes: 0 it holds · 1 it does not · 64 usage`;

/** The program `verify.mjs` of a bundle. @param url its own @returns its exit code and what it prints */
export const main = async (argv: readonly string[], url: string): Promise<{ readonly exitCode: 0 | 1 | 64; readonly text: string }> => {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: { ca: { type: 'string' }, fingerprint: { type: 'string' }, json: { type: 'boolean' }, help: { type: 'boolean' } },
    });
    if (values.help === true || positionals.length > 1) return { exitCode: 64, text: USAGE };
    const fingerprint = values.ca === undefined ? values.fingerprint : await fingerprintIn(values.ca);
    if ((values.ca ?? values.fingerprint) !== undefined && !isFingerprint(fingerprint ?? '')) return { exitCode: 64, text: USAGE };
    const verdict = await verifyFolder(resolve(positionals[0] ?? dirname(fileURLToPath(url))), { fingerprint });
    return {
      exitCode: verdict.holds ? 0 : 1,
      text: values.json === true ? JSON.stringify(verdict, null, 2) : linesOfVerdict(verdict).join('\n'),
    };
  } catch (thrown) {
    return { exitCode: 64, text: `${printable(thrown instanceof Error ? thrown.message : String(thrown))}\n${USAGE}` };
  }
};
