import { execFile } from 'node:child_process';
import { symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { randomUUIDv7 } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newPrivateKey, pkcs8Of } from '#test/kms/jose/received/made-keys.ts';
import { keyRoutes } from '#test/kms/support/key-routes.ts';
import { withDatabases } from '#test/support/database.ts';
import { readPage } from '#test/support/docs/page.ts';
import { ROOT } from '#test/support/engine.ts';
import { testKms } from '#test/support/kms-keys.ts';
import { makePki, type Pki } from '#test/support/pki.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';

const run = promisify(execFile);

let pki: Pki;
beforeAll(async () => {
  pki = await makePki();
});
afterAll(() => pki[Symbol.asyncDispose]());

describe('The programs of docs/import-export.md', () => {
  it.each([
    ['ECDH_ES_A256KW', 'jose'],
    ['RSA_AES_KEY_WRAP_SHA_256', 'node:crypto'],
  ])('wrap a key by %s with %s so that it is imported', async (wrapping, library) => {
    await using databases = await withDatabases('sqlite');
    const kms = await testKms(databases);
    await using server = await keyRoutes(kms, pki);
    await using folder = await temporaryDirectory();
    const { fences } = await readPage('docs/import-export.md');
    const program = fences.find(({ language, text }) => language === 'js' && text.includes(`from '${library}'`));
    const made = await server.call('POST', '', { name: `key-${randomUUIDv7()}`, algorithm: 'ES256', origin: 'external' });
    const id = String(made.body['id']);
    const { body: parameters } = await server.call('GET', `${id}/import-parameters?wrapping=${wrapping}`);
    await writeFile(join(folder.path, 'parameters.json'), JSON.stringify(parameters));
    await writeFile(join(folder.path, 'own.p8'), pkcs8Of(newPrivateKey('P-256')));
    await writeFile(join(folder.path, 'wrap.mjs'), program?.text ?? '');
    await symlink(join(ROOT, 'node_modules'), join(folder.path, 'node_modules'));
    const { stdout } = await run(process.execPath, ['wrap.mjs'], { cwd: folder.path });
    const imported = { transport_key_id: parameters['transport_key_id'], wrapped_key: stdout.trim() };
    expect(await server.call('POST', `${id}/import`, imported)).toMatchObject({ status: 201, body: { version: 1, state: 'active' } });
  });
});
