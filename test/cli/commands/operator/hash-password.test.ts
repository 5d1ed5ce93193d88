import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { hashPasswordSchema } from '#cli/documents/hash-password.ts';
import { main } from '#cli/main.ts';
import { createPasswords } from '#infra/secrets/passwords.ts';
import { fakeProcess } from '#test/support/fake-cli.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';

const PASSWORD = 'correct horse battery';

const call = async (cwd: string, line: string) => {
  const cli = fakeProcess({ cwd, env: {}, stdin: `${PASSWORD}\n` });
  await main(line.split(' '), cli);
  const code = process.exitCode;
  process.exitCode = 0;
  return { code, ...cli.written };
};

describe('passthru hash-password', () => {
  it.each(['-', 'bob.password'])('prints a hash of the password from %s, and nothing else; another one at each call', async (file) => {
    await using folder = await temporaryDirectory();
    await writeFile(join(folder.path, 'bob.password'), `${PASSWORD}\n`);
    const first = await call(folder.path, `hash-password --password-file ${file}`);
    expect([first.code, first.err]).toEqual([0, '']);
    expect(first.out).toMatch(/^\$pbkdf2-sha256\$i=600000\$[A-Za-z0-9+/]{43}\$[A-Za-z0-9+/]{43}\n$/);
    expect(await createPasswords().verify(PASSWORD, first.out.trim())).toBe(true);
    const second = await call(folder.path, `hash-password --password-file ${file} -q`);
    expect(second.out).toMatch(/^\$pbkdf2-sha256\$i=600000\$\S+\n$/);
    expect(second.out).not.toBe(first.out);
  });

  it('prints it as a document of its schema, and as a record', async () => {
    await using folder = await temporaryDirectory();
    const { code, out } = await call(folder.path, 'hash-password --password-file - --output json');
    const document = JSON.parse(out) as { readonly hash: string };
    expect(new Ajv2020({ strict: false }).validate(hashPasswordSchema, document)).toBe(true);
    expect([code, await createPasswords().verify(PASSWORD, document.hash)]).toEqual([0, true]);
    const record = await call(folder.path, 'hash-password --password-file - --output structured');
    expect(record.out).toContain('$pbkdf2-sha256$i=600000$');
    expect(out + record.out).not.toContain(PASSWORD);
  });

  it('takes no password as an argument', async () => {
    await using folder = await temporaryDirectory();
    const refused = await call(folder.path, 'hash-password secret');
    expect([refused.code, refused.out]).toEqual([64, '']);
  });
});
