import { randomUUIDv7 } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AppError } from '#infra/apperr/app-error.ts';
import { KEY_RIGHTS, scopeForKeys } from '#infra/magic/key-scopes.ts';
import type { FineScope } from '#infra/magic/magic.ts';
import { createReadScopes, FINE_SCOPES } from '#kms/access/scopes.ts';
import type { Act } from '#kms/action.ts';
import type { Caller } from '#kms/caller.ts';
import type { ElasticKey } from '#kms/keys/elastic-keys/elastic-key.ts';
import { createKeys } from '#kms/keys/keys.ts';
import { reaches } from '#kms/rights/key-scopes.ts';
import { actsOnKey } from '#test/kms/support/acts-on-key.ts';
import { databaseKinds, withDatabases } from '#test/support/database.ts';
import { insufficientScope, testCaller } from '#test/support/kms-caller.ts';
import { type TestKms, testKms } from '#test/support/kms-keys.ts';

const plaintext = new TextEncoder().encode('attack at dawn');
const nameOfKey = () => `key-${randomUUIDv7()}`;
const readScopes = createReadScopes();

/** A caller of the first tenant with these scopes and no others. */
const holding = ({ caller: { tenant } }: TestKms, ...scopes: readonly string[]): Caller => ({
  ...testCaller(tenant, new Set()),
  ...readScopes(scopes),
});

const refusal = (promise: Promise<unknown>): Promise<string | undefined> =>
  promise.then(
    () => undefined,
    (error: AppError) => (error.code === 'scope-insufficient' ? error.message : error.code),
  );
const isRefused = async (promise: Promise<unknown>): Promise<boolean> =>
  (await refusal(promise))?.startsWith('This needs the scope') === true;

const make = (kms: TestKms, labels: Readonly<Record<string, string>> = {}, name = nameOfKey()): Promise<ElasticKey> =>
  kms.elasticKeys.create(kms.caller, { name, algorithm: 'A256GCM/A256KW', labels });

describe.each(databaseKinds())('A scope for single keys on %s', (kind) => {
  it('admits to every act on its keys, in each of its forms, and to no other act, key or tenant', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const mine = await make(kms, { env: 'dev', odd: 'a:b *%ü' });
    const other = await make(kms, { env: 'prod', dev: 'env' });
    const foreign = await kms.make('A256GCM/A256KW', { caller: kms.otherCaller });
    const forms = [
      { kind: 'key', key: mine.id },
      { kind: 'key', key: mine.name },
      { kind: 'label', name: 'env', value: 'dev' },
      { kind: 'label', name: 'odd', value: 'a:b *%ü' },
    ] as const;
    const seen = new Set<FineScope>();
    for (const [index, [right, act]] of actsOnKey(kms).entries()) {
      seen.add(right);
      // A change waits for leases on PostgreSQL: each comes in one of the forms.
      const isChange = /-keys:(?!read)/.test(right);
      for (const keys of isChange ? forms.slice(index % forms.length).slice(0, 1) : forms) {
        const caller = holding(kms, scopeForKeys(keys, right));
        expect(await isRefused(act(caller, index % 2 === 0 ? mine.id : mine.name)), `${right} ${keys.kind}`).toBe(false);
        expect(await refusal(act(caller, other.name)), right).toBe(
          `This needs the scope ${scopeForKeys({ kind: 'key', key: other.name }, right)}.`,
        );
        expect(await isRefused(act(caller, foreign.id)), right).toBe(true);
        const lacking = holding(kms, ...[...KEY_RIGHTS].filter((each) => each !== right).map((each) => scopeForKeys(keys, each)));
        expect(await isRefused(act(lacking, mine.id)), `all but ${right}`).toBe(true);
      }
    }
    expect(KEY_RIGHTS.difference(seen)).toEqual(new Set(['kms:grants:read', 'kms:grants:write']));
    const all = holding(
      kms,
      `kms:key:${mine.id}:read`,
      `kms:key:${mine.id}:write`,
      `kms:key:${mine.id}:crypto`,
      `kms:key:${mine.id}:admin`,
    );
    expect(await isRefused(kms.elasticKeys.create(all, { name: nameOfKey(), algorithm: 'ES256' }))).toBe(true);
  });

  it('decides as a model of it does, for keys by id, name and label', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const labels: Record<string, string>[] = [{ env: 'dev' }, { env: 'prod' }, { env: 'dev', team: 'a' }, {}];
    const keys = await Promise.all(labels.map((each) => make(kms, each)));
    const place = fc.oneof(
      fc.constantFrom(...keys).map(({ id }) => `key:${id}`),
      fc.constantFrom(...keys).map(({ name }) => `key:${name}`),
      fc.constantFrom('label:env=dev', 'label:env=prod', 'label:team=a', 'label:team=dev', `key:${nameOfKey()}`),
    );
    const rights = { encrypt: ['encrypt'], decrypt: ['decrypt'], crypto: ['encrypt', 'decrypt'] } as const;
    const right = fc.constantFrom(...(Object.keys(rights) as (keyof typeof rights)[]));
    const scope = fc.oneof(
      fc.tuple(place, right).map(([at, of]) => ({ at, of })),
      { weight: 1, arbitrary: right.map((of) => ({ at: '', of })) },
    );
    const list = fc.array(scope, { maxLength: 4 });
    const textOf = ({ at, of }: { at: string; of: string }) => (at === '' ? `kms:${of}` : `kms:${at}:${of}`);
    const gives = (scopes: readonly { at: string; of: keyof typeof rights }[], wanted: string, key: ElasticKey) =>
      scopes.some(({ at, of }) => {
        const [word, text = ''] = [at.slice(0, at.indexOf(':')), at.slice(at.indexOf(':') + 1)];
        const isAt =
          at === '' ||
          (word === 'key' ? [key.id, key.name].includes(text) : Object.entries(key.labels).some((each) => each.join('=') === text));
        return isAt && (rights[of] as readonly string[]).includes(wanted);
      });
    const { jwe } = await kms.crypto.encrypt(kms.caller, keys[0]?.id ?? '', { plaintext });
    await fc.assert(
      fc.asyncProperty(
        list,
        fc.option(list, { nil: undefined }),
        fc.constantFrom(...keys),
        fc.boolean(),
        async (scopes, narrow, key, byName) => {
          const caller = { ...holding(kms), ...readScopes(scopes.map(textOf), narrow?.map(textOf)) };
          const asked = byName ? key.name : key.id;
          const may = (wanted: string) => gives(scopes, wanted, key) && (narrow === undefined || gives(narrow, wanted, key));
          expect(await isRefused(kms.crypto.encrypt(caller, asked, { plaintext }))).toBe(!may('encrypt'));
          expect(await isRefused(kms.crypto.decrypt(caller, asked, { jwe }))).toBe(!may('decrypt'));
        },
      ),
      { numRuns: 60 },
    );
  });

  it('hides whether there is a key that it does not name, and says so of one that it names', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const key = await make(kms);
    const [missing, gone] = [nameOfKey(), randomUUIDv7()];
    const caller = holding(kms, `kms:key:${missing}:encrypt`, `kms:key:${gone}:encrypt`, 'kms:label:env=dev:decrypt');
    for (const asked of [missing, gone])
      expect(await refusal(kms.crypto.encrypt(caller, asked, { plaintext }))).toBe('elastic-key-not-found');
    for (const asked of [key.id, key.name, randomUUIDv7(), nameOfKey()]) {
      expect(await refusal(kms.crypto.encrypt(caller, asked, { plaintext }))).toBe(`This needs the scope kms:key:${asked}:encrypt.`);
      expect(await refusal(kms.crypto.decrypt(caller, asked, { jwe: 'x' }))).toBe(`This needs the scope kms:key:${asked}:decrypt.`);
    }
  });

  it('lists the keys that it reaches, page by page, and no others', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const dev = await Promise.all(Array.from({ length: 3 }, () => make(kms, { env: 'dev' })));
    const [byName, byId] = [await make(kms, { env: 'prod' }), await make(kms)];
    await make(kms, { env: 'devil' });
    const caller = holding(
      kms,
      'kms:label:env=dev:read',
      `kms:key:${byName.name}:elastic-keys:read`,
      `kms:key:${byId.id}:elastic-keys:read`,
      'kms:label:env=devil:encrypt',
    );
    const namesOf = (keys: readonly ElasticKey[]) => keys.map(({ name }) => name).toSorted();
    const found: ElasticKey[] = [];
    for (let cursor: string | undefined; ;) {
      const page = await kms.elasticKeys.list(caller, { limit: 2, sort: 'name', ...(cursor !== undefined && { cursor }) });
      found.push(...page.items);
      if (page.nextCursor === null) break;
      cursor = page.nextCursor;
    }
    expect(namesOf(found)).toEqual(namesOf([...dev, byName, byId]));
    expect((await kms.elasticKeys.list(caller, { name: byName.name })).items).toHaveLength(1);
    expect((await kms.elasticKeys.list(caller, { labels: [{ name: 'env', value: 'devil' }] })).items).toEqual([]);
    const narrowed = { ...holding(kms), ...readScopes(['kms:label:env=dev:read', 'kms:key:x:read'], [`kms:key:${dev[0]?.id}:read`]) };
    expect((await kms.elasticKeys.list(narrowed)).items).toEqual([dev[0]]);
    expect(await isRefused(kms.elasticKeys.list(holding(kms, 'kms:label:env=dev:encrypt')))).toBe(true);
  });

  it('is not inherited by a key that takes over a name, whether its first key was renamed or destroyed', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const [renamed, destroyed] = [await make(kms), await make(kms)];
    const callers = new Map([renamed, destroyed].map(({ name }) => [name, holding(kms, `kms:key:${name}:encrypt`)]));
    const mayUse = async (name: string) => !(await isRefused(kms.crypto.encrypt(callers.get(name) as Caller, name, { plaintext })));
    expect([await mayUse(renamed.name), await mayUse(destroyed.name)]).toEqual([true, true]);
    await kms.elasticKeys.change(kms.caller, renamed.id, { name: nameOfKey() });
    await kms.lifeCycle.scheduleDeletion(kms.caller, destroyed.id);
    kms.clock.now += 8 * 86_400_000;
    await kms.destruction.elasticKey(kms.caller.tenant, destroyed.id);
    const [taken, made] = [await make(kms), await make(kms, {}, destroyed.name)];
    await kms.elasticKeys.change(kms.caller, taken.id, { name: renamed.name });
    expect(made.name).toBe(destroyed.name);
    expect([await mayUse(renamed.name), await mayUse(destroyed.name)]).toEqual([false, false]);
    expect((await kms.elasticKeys.list(holding(kms, `kms:key:${destroyed.name}:read`))).items).toEqual([]);
    // By its id it is reached like any other, and its first key may have the name again.
    expect(await isRefused(kms.crypto.encrypt(holding(kms, `kms:key:${made.id}:encrypt`), made.name, { plaintext }))).toBe(false);
    await kms.elasticKeys.change(kms.caller, taken.id, { name: nameOfKey() });
    await kms.elasticKeys.change(kms.caller, renamed.id, { name: renamed.name });
    expect(await mayUse(renamed.name)).toBe(true);
  });

  it('changes neither name nor labels, by which others would reach the key', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const key = await make(kms, { env: 'dev' });
    const caller = holding(kms, `kms:key:${key.id}:write`);
    const needs = 'This needs the scope kms:elastic-keys:update.';
    expect(await refusal(kms.elasticKeys.change(caller, key.id, { name: nameOfKey() }))).toBe(needs);
    expect(await refusal(kms.elasticKeys.change(caller, key.id, { labels: { env: 'prod' }, description: 'x' }))).toBe(needs);
    expect(await kms.elasticKeys.change(caller, key.id, { state: 'suspended' })).toMatchObject({ state: 'suspended', labels: key.labels });
  });

  it('is given to nobody by himself: not by a name and not by a label', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const secret = await make(kms, { env: 'prod' });
    const name = nameOfKey();
    const caller = holding(kms, 'kms:elastic-keys:update', 'kms:label:env=dev:decrypt', `kms:key:${name}:decrypt`);
    for (const marks of [{ name }, { labels: { env: 'dev' } }, { name, labels: null }])
      expect(await refusal(kms.elasticKeys.change(caller, secret.id, marks))).toBe('scope-self-given');
    expect(await kms.elasticKeys.read(kms.caller, secret.id)).toEqual(secret);
    expect(await refusal(kms.elasticKeys.change(caller, secret.id, { labels: { env: 'test' } }))).toBe(undefined);
    const all = { ...caller, scopes: FINE_SCOPES };
    expect(await refusal(kms.elasticKeys.change(all, secret.id, { labels: { env: 'dev' } }))).toBe(undefined);
  });

  it('holds in every replica as soon as the labels are changed', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const key = await make(kms, { env: 'dev' });
    const caller = holding(kms, 'kms:label:env=dev:encrypt');
    expect(await isRefused(kms.crypto.encrypt(caller, key.id, { plaintext }))).toBe(false);
    await kms.elasticKeys.change(kms.caller, key.id, { labels: { env: null } });
    expect(await isRefused(kms.crypto.encrypt(caller, key.id, { plaintext }))).toBe(true);
  });

  it('asks the database no more than a scope for all keys does, once the key is in memory', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const key = await make(kms, { env: 'dev' });
    let looks = 0;
    const database = () => {
      looks += 1;
      return kms.caller.tenant.database();
    };
    const tenant = { ...kms.caller.tenant, database };
    for (const scope of [`kms:key:${key.name}:encrypt`, `kms:key:${key.id}:encrypt`, 'kms:label:env=dev:encrypt']) {
      const caller = { ...holding(kms, scope), tenant };
      await kms.crypto.encrypt(caller, key.name, { plaintext });
      looks = 0;
      await kms.crypto.encrypt(caller, key.name, { plaintext });
      expect(looks, scope).toBe(0);
    }
  });

  it('is told of in the record of each act, which has the key also where the caller was refused', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const acts: Act[] = [];
    const { barrier, rows, clock } = kms;
    const keys = createKeys({ barrier, rows, insufficientScope, now: () => clock.now, emit: (act) => void acts.push(act) });
    const key = await make(kms);
    await keys.crypto.encrypt(holding(kms, 'kms:key:other:encrypt'), key.name, { plaintext }).catch(() => {});
    await keys.crypto.encrypt(holding(kms, `kms:key:${key.name}:encrypt`), key.name, { plaintext });
    expect(acts.map(({ outcome, target }) => [outcome, target])).toEqual([
      ['refused', { elasticKeyId: key.id }],
      ['done', { elasticKeyId: key.id }],
    ]);
  });

  it('says that the KMS is sealed only to those for whom there could be a key', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const key = await make(kms);
    kms.barrier.seal();
    expect(await refusal(kms.crypto.encrypt(holding(kms, 'kms:key:other:encrypt'), key.id, { plaintext }))).toBe('sealed');
    expect(await isRefused(kms.crypto.decrypt(holding(kms, 'kms:key:other:encrypt'), key.id, { jwe: 'x' }))).toBe(true);
  });
});

describe('Lists of scopes for single keys', () => {
  it('give nothing where there is none of them', () => {
    const key = { id: randomUUIDv7(), name: 'a', labels: {} };
    expect(reaches(undefined, 'kms:encrypt', key)).toBe(false);
    expect(reaches([], 'kms:encrypt', key)).toBe(false);
    expect(reaches(readScopes(['kms:key:a:encrypt'], ['kms:key:b:encrypt']).keyScopes, 'kms:encrypt', key)).toBe(false);
  });
});
