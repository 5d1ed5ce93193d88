import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..');

/** Texts that may stand nowhere, and the places that are searched. The patterns are split, so that this file does not match itself. */
const BANNED: readonly { readonly what: string; readonly shape: RegExp; readonly below: readonly string[] }[] = [
  {
    // A server that only asks for a certificate cuts off whoever shows a wrong one.
    what: 'verification switched off',
    shape: new RegExp(
      ['reject', "Unauthorized: (?!true|clientCertificate === 'require')|NODE_TLS_", 'REJECT|checkServer', 'Identity:|strict', 'SSL'].join(
        '',
      ),
      'i',
    ),
    below: ['bin', 'src', 'test', 'deployments', 'docs', 'README.md', 'CONTRIBUTING.md', 'package.json'],
  },
  {
    what: 'curl without verification',
    shape: new RegExp(`curl[^\\n]* (-k|--inse${'cure'})\\b`),
    below: ['bin', 'src', 'test', 'deployments', 'docs', 'README.md', 'CONTRIBUTING.md'],
  },
  // A client may offer less to prove that it is refused; a lower bound below 1.3 is never needed for that.
  { what: 'TLS below 1.3', shape: /minVersion: ['"]TLSv1(\.[0-2])?['"]|SSLv|secureProtocol/, below: ['bin', 'src'] },
  { what: 'a schema chosen by the connection', shape: /(set|options).{0,12}search_path/i, below: ['src', 'deployments'] },
  { what: 'a proxy that is trusted', shape: /trustProxy: (?!false)|\.proxy = true/, below: ['src'] },
  { what: 'a password hash other than PBKDF2', shape: new RegExp(`\\bbcr${'ypt'}|argon2`, 'i'), below: ['src', 'package.json'] },
  { what: 'code made of text', shape: /\beval\(|new Function\(|runInNewContext/, below: ['bin', 'src'] },
];

const textsBelow = async (path: string): Promise<readonly { readonly file: string; readonly text: string }[]> => {
  if (/\.\w+$/.test(path)) return [{ file: path, text: await readFile(join(ROOT, path), 'utf8') }];
  const entries = await readdir(join(ROOT, path), { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && /\.(ts|js|yml|md|json)$/.test(entry.name));
  return Promise.all(
    files.map(async (entry) => {
      const file = join(entry.parentPath, entry.name);
      return { file: file.slice(ROOT.length + 1), text: await readFile(file, 'utf8') };
    }),
  );
};

describe('Nowhere in the repository', () => {
  it.each(BANNED)('stands $what', async ({ shape, below }) => {
    const texts = (await Promise.all(below.map(textsBelow))).flat();
    expect(texts.length).toBeGreaterThan(below.length - 1);
    expect(texts.filter(({ text }) => shape.test(text)).map(({ file }) => file)).toEqual([]);
  });

  it('stands a shell script, a PowerShell script or a Makefile', async () => {
    const below = await Promise.all(
      ['bin', 'build', 'deployments', 'docs', 'src', 'test', '.ci', '.github'].map((path) =>
        readdir(join(ROOT, path), { recursive: true }),
      ),
    );
    const files = [...below.flat(), ...(await readdir(ROOT))];
    expect(files.length).toBeGreaterThan(500);
    expect(files.filter((file) => /\.(sh|bash|ps1|psm1|bat|cmd)$|(^|\/)(GNU)?makefile$/i.test(file))).toEqual([]);
  });
});
