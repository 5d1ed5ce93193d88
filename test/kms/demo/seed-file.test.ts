import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { loadSeed, type Seed } from '#kms/demo/seed-file.ts';
import { KMS_CONFIG_FOLDER } from '#test/kms/support/kms-server.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';

const loadChanged = async (change: (seed: Seed) => void): Promise<unknown> => {
  await using folder = await temporaryDirectory();
  const file = join(folder.path, 'demo-seed.yml');
  const seed = parse(await readFile(join(KMS_CONFIG_FOLDER, 'demo-seed.yml'), 'utf8')) as Seed;
  change(seed);
  await writeFile(file, stringify(seed));
  return await loadSeed(file).catch((error: unknown) => error);
};

describe('demo-seed.yml', () => {
  it.each<[string, (seed: Seed) => void, string]>([
    [
      'a user name that stands twice',
      (seed) => void seed.accounts.push(structuredClone(seed.accounts[0] as never)),
      'demo-seed.yml#/accounts/5/username',
    ],
    [
      'an elastic key that stands twice in one tenant',
      (seed) => void seed.elastic_keys.push(structuredClone(seed.elastic_keys[0] as never)),
      'demo-seed.yml#/elastic_keys/11/name',
    ],
    [
      'an account of a tenant that is not there',
      (seed) => void Object.assign(seed.accounts[1] ?? {}, { tenant: 'nowhere' }),
      'demo-seed.yml#/accounts/1/tenant',
    ],
    [
      'a key of a tenant that is not there',
      (seed) => void Object.assign(seed.elastic_keys[2] ?? {}, { tenant: 'nowhere' }),
      'demo-seed.yml#/elastic_keys/2/tenant',
    ],
    [
      'a plaintext password',
      (seed) => void Object.assign(seed.accounts[0] ?? {}, { password_hash: '{plaintext}x' }),
      'demo-seed.yml#/accounts/0/password_hash',
    ],
    [
      'an unknown algorithm',
      (seed) => void Object.assign(seed.elastic_keys[0] ?? {}, { algorithm: 'RSA1_5' }),
      'demo-seed.yml#/elastic_keys/0/algorithm',
    ],
    ['an unknown key', (seed) => void Object.assign(seed, { users: [] }), 'demo-seed.yml#/users'],
  ])('is refused with %s, which is named', async (_, change, field) => {
    const error = (await loadChanged(change)) as { code: string; fields: { field: string }[] };
    expect(error.code).toBe('config-invalid');
    expect(error.fields.map((issue) => issue.field)).toContain(field);
  });

  it('may name keys alike in two tenants', async () => {
    expect(await loadChanged((seed) => void Object.assign(seed.elastic_keys[10] ?? {}, { name: 'demo-encryption-key' }))).toHaveProperty(
      'elastic_keys',
    );
  });
});
