import { AppError } from '#infra/apperr/app-error.ts';
import { keyApi } from '#client/kms/key.ts';
import { type KmsApi } from '#client/kms/kms.ts';
import type { ElasticKey, KmsAnswer } from '#client/kms/operations.ts';
import { answered, from, list, stateOf, type Taken, text } from '#demo/evidence/taken.ts';
import type { StepWork } from '#demo/step/step.ts';
import { realmUser } from '#demo/world/callers.ts';
import { base64url, RESET_FIX } from '#demo/world/keys.ts';
import { sameMember } from '#demo/world/opened.ts';
import type { SeedCheckOptions } from './identity-seed.ts';
import { wholeSeed } from './whole-seed.ts';
import { readKmsSeed, type KmsSeed } from '#demo/world/seed-files.ts';

/**
 * Reads the elastic keys back, and logs in as every realm user to use them: those of the own tenant, and no others.
 *
 * @param options.exact no key but the seeded ones may be there, as right after a reset
 */
export const checkKmsSeed = async ({ stack, check, exact }: SeedCheckOptions & { readonly exact: boolean }): Promise<KmsSeed> => {
  const seed = await readKmsSeed();

  const seeded = await Promise.all(
    seed.tenants.map(async (tenant) => {
      const kms = await realmUser(stack, readerOf(tenant, seed).username);
      return { tenant, kms, keys: await kms.all('listElasticKeys', {}) };
    }),
  );
  for (const { tenant, kms, keys } of seeded) {
    const wanted = seed.elastic_keys.filter((key) => key.tenant === tenant);
    const found = keys.filter(({ name }) => exact || wanted.some((key) => key.name === name));
    await check(
      `keys-${tenant}`,
      `Elastic keys of ${tenant}`,
      described(wanted),
      list(found.map((key) => text(from(key).body('/name'), ': ', from(key).body('/algorithm')))).sorted,
    );
    // The key material of one that comes from outside is whoever's who brought it.
    const own = found.filter(({ name }) => !wanted.some((key) => key.name === name && key.origin === 'external'));
    const mustBeActive = own.filter(({ name }) => exact || !wanted.some((key) => key.name === name && key.may_change === true));
    await Promise.all(
      mustBeActive.map((key) => check(`state-${tenant}-${key.name}`, `The elastic key ${key.name} of ${tenant}`, 'active', stateOf(key))),
    );
    await Promise.all(
      mustBeActive.map(({ id, name }) =>
        check(`versions-${tenant}-${name}`, `The newest version of ${name}`, 'active', newestState(kms, id)),
      ),
    );
  }
  const encryptionKeys = seeded.map(({ tenant, keys }) => ({ tenant, id: encryptionKeyOf(tenant, keys, seed) }));
  await Promise.all(
    seed.accounts.map(async ({ username, tenant: own }) => {
      const kms = await realmUser(stack, username);
      return check(
        `user-${username}`,
        `${username} logs in and uses the key of`,
        seed.tenants.map((tenant) => `${tenant}: ${tenant === own ? WORKS : '404 elastic-key-not-found'}`),
        Promise.all(encryptionKeys.map(async ({ tenant, id }) => text(`${tenant}: `, await use(kms, id)))).then(list),
      );
    }),
  );
  return seed;
};

/** An account that may list the keys of a tenant; a service may only use them. */
const readerOf = (tenant: string, { accounts }: KmsSeed): KmsSeed['accounts'][number] => {
  const reader = accounts.find((account) => account.tenant === tenant && account.roles.some((role) => role !== 'service'));
  if (reader === undefined) throw new AppError('seed-not-readable', 500, `no account of the seed may list the keys of ${tenant}`);
  return reader;
};

const newestState = async (kms: KmsApi, id: string): Promise<Taken> =>
  stateOf((await kms.all('listMaterialKeys', { path: { id } }))[0] ?? {}).or('missing');

const encryptionKeyOf = (tenant: string, keys: readonly ElasticKey[], seed: KmsSeed): string => {
  const { name } = seed.elastic_keys.find((key) => key.tenant === tenant && key.algorithm.startsWith('A256GCM/')) ?? {};
  const id = keys.find((key) => key.name === name)?.id;
  if (id === undefined)
    throw new AppError('seed-key-missing', 404, `the KMS has no encryption key ${name ?? 'of the seed'} in the tenant ${tenant}`, {
      fix: RESET_FIX,
    });
  return id;
};

const WORKS = 'encrypts and decrypts';

/** Whether a caller can encrypt and decrypt with a key, or the answer that refuses it. */
const use = async (kms: KmsApi, id: string): Promise<Taken> => {
  const key = keyApi(kms, id);
  const plaintext = base64url('seed');
  const sealed = await key.call('encrypt', { plaintext });
  if (sealed.status !== 200) return answered(sealed);
  const { ciphertext } = sealed.json<KmsAnswer<'encrypt'>>();
  return sameMember(WORKS, from(sealed).sent('/plaintext'), { answer: await key.call('decrypt', { ciphertext }), at: '/plaintext' });
};

const described = (keys: readonly { readonly name: string; readonly algorithm: string }[]): readonly string[] =>
  keys.map(({ name, algorithm }) => `${name}: ${algorithm}`).toSorted();

/** The seeded realm users and elastic keys of the KMS, as their users find them. */
export const run: StepWork = async ({ engine, stack, check }) => {
  const options = { stack, tenants: await engine.demoTenants(), exact: false };
  const { accounts, elastic_keys: keys } = await wholeSeed('kms', check, (watched) => checkKmsSeed({ ...options, check: watched }));
  return `${accounts.length} realm users, ${keys.length} elastic keys`;
};
