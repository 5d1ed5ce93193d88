import { randomBytes } from 'node:crypto';
import { AppError } from '#infra/apperr/app-error.ts';
import { demoPassword } from '#infra/demo-data/demo-password.ts';
import type { ApiKeyService } from '#kms/access/api-keys/api-key.service.ts';
import type { DemoApi } from '#kms/api/openapi/demo-api.ts';
import type { ApiExamples, BodyExample, OperationExamples } from '#kms/api/openapi/examples.ts';
import { type Caller, serviceCaller } from '#kms/caller.ts';
import type { Grant } from '#kms/keys/grants/grant.ts';
import type { Keys } from '#kms/keys/keys.ts';
import { encodeBase64url } from '#kms/jose/encoding/base64url.ts';
import { exampleContext as context, examplePlaintext } from '#kms/keys/operations/schemas.ts';
import type { TenantDirectory } from '#kms/tenants/directory.ts';
import { apiKeyExamples, exampleApiKeys } from './api-key-examples.ts';
import { grantExamples, makeGrant } from './grant-examples.ts';
import { createKeptExamples } from './kept-examples.ts';
import type { Seed } from './seed-file.ts';
import { exportExamples, importExamples } from './transfer-examples.ts';

/**
 * Elastic keys of demo-seed.yml, by the part that they have in the examples. The examples of one that somebody renamed stay general.
 * One of them is there to be suspended, and one to be revoked and deleted: doing that to any of the others would make the examples of
 * all their operations fail.
 */
const NAMES = {
  encrypting: 'demo-encryption-key',
  signing: 'demo-signing-key',
  signingBytes: 'demo-raw-signing-key',
  authenticating: 'demo-mac-key',
  wrapping: 'demo-wrapping-key',
  suspended: 'demo-suspension-key',
  deleted: 'demo-deletion-key',
  imported: 'demo-import-key',
  exported: 'demo-export-key',
} as const;

type ExampleKeys = Readonly<Record<keyof typeof NAMES, string | undefined>>;

/** Null for an act that was refused, for example because somebody suspended the key. The door has told of it. */
const unlessRefused = <T>(act: Promise<T>): Promise<T | null> =>
  act.catch((error: unknown) => {
    if (error instanceof AppError) return null;
    throw error;
  });

const body = (value: BodyExample['value'], summary = 'With a key of the demo'): NonNullable<OperationExamples['bodies']> => ({
  demo: { summary, value },
});

/** Null, too, where the key is not there. */
const act = <T>(id: string | undefined, ask: (id: string) => Promise<T>): Promise<T | null> =>
  id === undefined ? Promise.resolve(null) : unlessRefused(ask(id));

/** Bodies that can be asked for as they stand: what is to be opened or verified is made now, with the key as it is. */
const madeWith = async (crypto: Keys['crypto'], caller: Caller, keys: ExampleKeys) => {
  const plaintext = Buffer.from(examplePlaintext, 'base64url');
  const [encrypted, signed, signedBytes, authenticated, wrapped] = await Promise.all([
    act(keys.encrypting, (id) => crypto.encrypt(caller, id, { plaintext, context })),
    act(keys.signing, (id) => crypto.sign(caller, id, { payload: plaintext })),
    act(keys.signingBytes, (id) => crypto.signRaw(caller, id, { message: { payload: plaintext } })),
    act(keys.authenticating, (id) => crypto.mac(caller, id, { payload: plaintext })),
    act(keys.wrapping, (id) => crypto.wrap(caller, id, { key: plaintext, context })),
  ]);
  return { encrypted, signed, signedBytes, authenticated, wrapped };
};

/** The kid of the newest version; undefined where there is no such key. */
const newestOf = async (materialKeys: Pick<Keys['materialKeys'], 'list'>, caller: Caller, id: string | undefined) =>
  id === undefined ? undefined : (await unlessRefused(materialKeys.list(caller, id, { limit: 1 })))?.items[0]?.id;
/** What was made of the example payload, to be verified. */
const toVerify = (made: { readonly materialKeyId: string } | null, member: object): OperationExamples['bodies'] =>
  made === null ? undefined : body({ payload: examplePlaintext, ...member, material_key_id: made.materialKeyId });

/** The examples of an operation on a key; none where the key is not there. */
const on = (id: string | undefined, bodies?: OperationExamples['bodies']): OperationExamples =>
  id === undefined ? {} : { path: { id }, ...(bodies && { bodies }) };

/** The examples of an operation on a version. */
const onVersion = (id: string | undefined, kid: string | undefined, bodies?: OperationExamples['bodies']): OperationExamples =>
  id === undefined || kid === undefined ? on(id) : { path: { id, kid }, ...(bodies && { bodies }) };

const examplesWith = (
  keys: ExampleKeys,
  made: Awaited<ReturnType<typeof madeWith>> & { readonly kid: string | undefined; readonly grant: Grant | null },
): ApiExamples => {
  const { encrypting, signing, signingBytes, authenticating, wrapping, suspended, deleted } = keys;
  const { encrypted, signed, signedBytes, authenticated, wrapped, kid, grant } = made;
  const tenant = `acme-${randomBytes(4).toString('hex')}`;
  const user = `alice-${randomBytes(4).toString('hex')}`;
  const toOpen = encrypted === null ? undefined : body({ ciphertext: encrypted.jwe, context });
  return {
    // A name of its own for each reader: the second key of one name is refused.
    createElasticKey: {
      bodies: body({ name: `invoices-${randomBytes(4).toString('hex')}`, algorithm: 'A256GCM/A256KW' }, 'An encryption key'),
    },
    readElasticKey: on(encrypting),
    changeElasticKey: on(suspended, {
      suspend: { summary: 'Suspend', value: { state: 'suspended' } },
      resume: { summary: 'Resume', value: { state: 'active' } },
      describe: { summary: 'Describe', value: { description: 'Suspended and resumed by the examples of the API' } },
    }),
    // What the versions before have made still opens, the examples of decrypt and rewrap too.
    rotateElasticKey: on(encrypting),
    listMaterialKeys: on(encrypting),
    readMaterialKey: onVersion(signing, signed?.materialKeyId),
    scheduleElasticKeyDeletion: on(deleted),
    restoreElasticKey: on(deleted),
    ...grantExamples(encrypting, grant),
    // Asked for again it says the same; one that allows processing would be refused then.
    revokeMaterialKey: onVersion(deleted, kid, body({ reason: 'superseded', comment: 'by the examples of the API' })),
    scheduleMaterialKeyDeletion: onVersion(deleted, kid),
    restoreMaterialKey: onVersion(deleted, kid),
    readJwks: on(signing),
    encrypt: on(encrypting),
    decrypt: on(encrypting, toOpen),
    rewrap: on(encrypting, toOpen),
    generate: on(encrypting),
    sign: on(signing),
    verify: on(signing, signed === null ? undefined : body({ jws: signed.jws })),
    signRaw: on(signingBytes),
    verifyRaw: on(signingBytes, toVerify(signedBytes, { signature: encodeBase64url(signedBytes?.signature ?? ''), encoding: 'der' })),
    mac: on(authenticating),
    macVerify: on(authenticating, toVerify(authenticated, { mac: encodeBase64url(authenticated?.mac ?? '') })),
    wrap: on(wrapping),
    unwrap: on(wrapping, wrapped === null ? undefined : body({ wrapped_key: wrapped.jwe, context })),
    // The others are about the one that this makes: those of the demo are changed by the demo alone.
    createTenant: { bodies: body({ name: tenant, description: 'Made by the examples of the API' }, 'A tenant of a customer') },
    readTenant: { path: { id: 'demo' } },
    changeTenant: {
      path: { id: tenant },
      bodies: {
        suspend: { summary: 'Suspend', value: { state: 'suspended' } },
        activate: { summary: 'Activate', value: { state: 'active' } },
        describe: { summary: 'Describe', value: { description: 'Suspended and activated by the examples of the API' } },
      },
    },
    scheduleTenantRemoval: { path: { id: tenant } },
    restoreTenant: { path: { id: tenant } },
    // As with tenants: a password or a state of an account of the demo would be missed by all other examples.
    createRealmUser: {
      bodies: body(
        { username: user, password: 'correct horse battery', roles: ['user'], email: 'alice@example.com' },
        'A user of the tenant',
      ),
    },
    readRealmUser: { path: { user: 'demo-user' } },
    changeRealmUser: {
      path: { user },
      bodies: {
        disable: { summary: 'Disable', value: { enabled: false } },
        enable: { summary: 'Enable', value: { enabled: true } },
        describe: { summary: 'Describe', value: { display_name: 'Alice Example', metadata: { cost_centre: 4711 } } },
      },
    },
    setRealmUserPassword: { path: { user }, bodies: body({ password: 'correct horse battery staple' }, 'A new password') },
    removeRealmUser: { path: { user } },
  };
};

/** The demo in the description of the API: accounts and examples of the first tenant of the seed. */
export const createDemoApi = (options: {
  readonly seed: Pick<Seed, 'tenants' | 'accounts'>;
  readonly tenants: Pick<TenantDirectory, 'byName'>;
  readonly keys: Pick<Keys, 'elasticKeys' | 'materialKeys' | 'grants' | 'transfer' | 'crypto'>;
  readonly apiKeys: ApiKeyService;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Milliseconds on a clock that never goes back. */
  readonly elapsed: () => number;
}): DemoApi => {
  const { seed, tenants, keys, apiKeys, now, elapsed } = options;
  const [name = ''] = seed.tenants;
  const ofTenant = seed.accounts.filter((account) => account.tenant === name);

  const make = async (caller: Caller) => {
    const keyOf = async (key: string) => (await unlessRefused(keys.elasticKeys.list(caller, { name: key, limit: 1 })))?.items[0];
    const found = await Promise.all(Object.entries(NAMES).map(async ([part, each]) => [part, await keyOf(each)] as const));
    const ids = Object.fromEntries(found.map(([part, key]) => [part, key?.id])) as ExampleKeys;
    const [made, kid, grant] = await Promise.all([
      madeWith(keys.crypto, caller, ids),
      newestOf(keys.materialKeys, caller, ids.deleted),
      act(ids.encrypting, (id) => makeGrant(keys.grants, caller, id, now())),
    ]);
    const transfer = {
      ...(await act(ids.imported, (id) => importExamples(keys.transfer, caller, id))),
      ...(ids.exported !== undefined && exportExamples(ids.exported)),
    };
    const imported = found.find(([part]) => part === 'imported')?.[1];
    const shown = await unlessRefused(exampleApiKeys(apiKeys, caller, now()));
    return { caller, ids, made: { ...made, kid, grant }, transfer, imported, shown };
  };

  /**
   * Not where every act was refused, as while the KMS is sealed, nor once somebody imported, since a transport key opens once, or took away
   * the API key or the grant that is there for it.
   */
  const kept = createKeptExamples<Awaited<ReturnType<typeof make>>>({
    elapsed,
    holds: async ({ caller, ids, imported, shown, made: { grant } }) => {
      if (Object.values(ids).every((id) => id === undefined)) return false;
      const key = await act(imported?.id, (id) => keys.elasticKeys.read(caller, id));
      const deleted = await act(shown?.deleted, (id) => apiKeys.read(caller, id));
      const isGranted = grant === null || (await act(grant.elasticKeyId, (id) => keys.grants.read(caller, id, grant.id))) !== null;
      return key?.latestVersion === imported?.latestVersion && deleted !== null && isGranted;
    },
  });

  return {
    accounts: ofTenant.map(({ username, roles }) => ({ username, roles, password: demoPassword(username) })),
    examples: async () => {
      // While the KMS is sealed nobody is found, and the document is there all the same.
      const tenant = await unlessRefused(tenants.byName(name));
      if (tenant?.demo !== true) return {};
      const { ids, made, transfer, shown } = await kept(tenant.id, () => make(serviceCaller(tenant, 'api-examples')));
      return { ...examplesWith(ids, made), ...transfer, ...(shown && apiKeyExamples(shown)) };
    },
  };
};
