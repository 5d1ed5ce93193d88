import { kmsApi, password, type ElasticKey, type KmsApi, type MaterialKey } from '#demo/client/kms.ts';
import type { Story } from '#demo/steps/step.ts';
import type { SeedCheckOptions } from './identity-seed.ts';
import { demoPassword, readKmsSeed, type KmsSeed } from './seed-files.ts';

/**
 * Logs in as every realm user and reads the elastic keys back.
 *
 * @param options.exact no key but the seeded ones may be there, as right after a reset
 */
export const checkKmsSeed = async ({ stack, check, exact }: SeedCheckOptions & { readonly exact: boolean }): Promise<KmsSeed> => {
  const seed = await readKmsSeed();
  const session = await stack.session();
  const as = (username: string): KmsApi => kmsApi(stack, session, password(username, demoPassword(username)));

  await Promise.all(
    seed.accounts.map(({ username, tenant }) =>
      check(`user-${username}`, `${username} logs in and finds the keys of`, tenant, tenantOf(as(username), seed)),
    ),
  );
  for (const tenant of seed.tenants) {
    const reader = seed.accounts.find((account) => account.tenant === tenant && account.roles.some((role) => role !== 'service'));
    if (reader === undefined) continue;
    const kms = as(reader.username);
    const wanted = seed.elastic_keys.filter((key) => key.tenant === tenant);
    const found = await kms.all<ElasticKey>('/elastic-keys');
    const seeded = found.filter(({ name }) => exact || wanted.some((key) => key.name === name));
    await check(`keys-${tenant}`, `Elastic keys of ${tenant}`, described(wanted), described(seeded));
    await Promise.all(
      seeded.map(async ({ id, name }) => {
        const versions = await kms.all<MaterialKey>(`/elastic-keys/${id}/material-keys`);
        await check(`versions-${tenant}-${name}`, `${name} has a material key`, true, versions.length > 0);
      }),
    );
  }
  return seed;
};

const described = (keys: readonly { readonly name: string; readonly algorithm: string }[]): readonly string[] =>
  keys.map(({ name, algorithm }) => `${name}: ${algorithm}`).toSorted();

/** The tenant whose seeded keys a caller sees; a service sees no list, but may use a key. */
const tenantOf = async (kms: KmsApi, seed: KmsSeed): Promise<string> => {
  const response = await kms.call('GET', '/elastic-keys?limit=100');
  if (response.status === 403) return 'demo';
  const names = response.json<{ items: readonly ElasticKey[] }>().items.map(({ name }) => name);
  return (
    seed.tenants.find((tenant) => seed.elastic_keys.some((key) => key.tenant === tenant && names.includes(key.name))) ??
    `status ${response.status}`
  );
};

/** The seeded realm users and elastic keys of the KMS, as their users find them. */
export const kmsSeed: Story = async ({ engine, stack, check }) => {
  const { accounts, elastic_keys: keys } = await checkKmsSeed({ stack, tenants: await engine.demoTenants(), check, exact: false });
  return `${accounts.length} realm users, ${keys.length} elastic keys`;
};
