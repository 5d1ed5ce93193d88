import { randomUUIDv7 } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keyRoutes } from '#test/kms/support/key-routes.ts';
import { databaseKinds, withDatabases } from '#test/support/database.ts';
import { type TestKms, testKms } from '#test/support/kms-keys.ts';
import { makePki, type Pki } from '#test/support/pki.ts';

const name = () => `key-${randomUUIDv7()}`;

const makeWith = ({ elasticKeys, caller }: TestKms, labels: Record<string, string>) =>
  elasticKeys.create(caller, { name: name(), algorithm: 'A256KW', labels });

let pki: Pki;
beforeAll(async () => {
  pki = await makePki();
});
afterAll(() => pki[Symbol.asyncDispose]());

describe.each(databaseKinds())('Labels of elastic keys on %s', (kind) => {
  it('are given at creation, and changed one by one: null takes one away, and null for all takes all', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    await using routes = await keyRoutes(kms, pki);
    const labels = { team: 'payments', env: 'prod', 'example.org/owner': 'Zoë: 1st', empty: '' };
    const { body } = await routes.call('POST', '', { name: name(), algorithm: 'A256KW', labels });
    expect(body['labels']).toEqual(labels);
    const id = String(body['id']);
    const labelsAfter = async (changes: unknown): Promise<unknown> => (await routes.call('PATCH', id, { labels: changes })).body['labels'];
    expect(await labelsAfter({ env: 'test', empty: null, absent: null })).toEqual({
      team: 'payments',
      env: 'test',
      'example.org/owner': 'Zoë: 1st',
    });
    expect(await labelsAfter({})).toMatchObject({ env: 'test' });
    expect((await routes.call('GET', id)).body['labels']).toMatchObject({ env: 'test', team: 'payments' });
    expect(await labelsAfter(null)).toEqual({});
    expect((await routes.call('GET', id)).body['labels']).toEqual({});
  });

  it('find the keys that have all of them, in pages, and follow each change', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const { elasticKeys, caller } = kms;
    await using routes = await keyRoutes(kms, pki);
    const [one, two] = [await makeWith(kms, { env: 'prod', team: 'a:b' }), await makeWith(kms, { env: 'prod', team: 'c' })];
    const three = await makeWith(kms, { env: 'test' });
    await kms.make('A256KW');
    const found = async (...asked: string[]): Promise<unknown[]> => {
      const query = asked.map((label) => `label=${encodeURIComponent(label)}`).join('&');
      const { status, body } = await routes.call('GET', `?${query}`);
      expect(status).toBe(200);
      return (body['items'] as { id: string }[]).map(({ id }) => id);
    };
    expect(await found('env:prod')).toEqual([one.id, two.id]);
    expect(await found('env')).toEqual([one.id, two.id, three.id]);
    expect(await found('env:prod', 'team:a:b')).toEqual([one.id]);
    expect(await found('env:test', 'team')).toEqual([]);
    expect(await found('env:')).toEqual([]);
    expect((await routes.foreign('GET', '?label=env')).body['items']).toEqual([]);
    const page = await elasticKeys.list(caller, { labels: [{ name: 'env', value: 'prod' }], limit: 1 });
    expect(page.items.map(({ id }) => id)).toEqual([one.id]);
    const rest = await elasticKeys.list(caller, { labels: [{ name: 'env', value: 'prod' }], limit: 1, cursor: page.nextCursor ?? '' });
    expect(rest).toMatchObject({ items: [{ id: two.id }], nextCursor: null });
    await elasticKeys.change(caller, one.id, { labels: { env: 'test' } });
    await elasticKeys.change(caller, three.id, { labels: null });
    expect([await found('env:prod'), await found('env:test')]).toEqual([[two.id], [one.id]]);
  });

  it('are 32 at most after each change, which is refused as a whole otherwise', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    await using routes = await keyRoutes(kms, pki);
    const many = Object.fromEntries(Array.from({ length: 32 }, (_, index) => [`label-${index}`, 'x']));
    const key = await makeWith(kms, many);
    const refused = await routes.call('PATCH', key.id, { labels: { more: 'y' }, description: 'changed' });
    expect(refused).toMatchObject({
      status: 400,
      body: { code: 'labels-too-many', errors: [{ field: '/labels', fix: expect.any(String) }] },
    });
    expect(await kms.elasticKeys.read(kms.caller, key.id)).toEqual(key);
    expect(await routes.call('PATCH', key.id, { labels: { more: 'y', 'label-0': null } })).toMatchObject({ status: 200 });
    expect(await routes.call('POST', '', { name: name(), algorithm: 'A256KW', labels: { ...many, more: 'y' } })).toMatchObject({
      status: 400,
      body: { errors: [{ field: '/labels' }] },
    });
  });

  it('are refused by a field where a name or a value is not of their form', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    await using routes = await keyRoutes(kms, pki);
    const key = await kms.make('A256KW');
    const hostile: readonly (readonly [string, unknown, string])[] = [
      ['a name with a colon', { 'a:b': 'x' }, '/labels/a:b'],
      ['a name that begins with a dot', { '.a': 'x' }, '/labels/.a'],
      ['a name that nothing can be called', { '': 'x' }, '/labels/'],
      ['a name of 64 characters', { ['n'.repeat(64)]: 'x' }, `/labels/${'n'.repeat(64)}`],
      ['a number', { a: 7 }, '/labels/a'],
      ['a value of 256 characters', { a: 'v'.repeat(256) }, '/labels/a'],
      ['a value that no database holds', { a: 'x\u0000y' }, '/labels/a'],
      ['a list', ['a'], '/labels'],
    ];
    for (const [what, labels, field] of hostile) {
      const errors = expect.arrayContaining([expect.objectContaining({ field })]);
      for (const attempt of [
        await routes.call('POST', '', { name: name(), algorithm: 'A256KW', labels }),
        await routes.call('PATCH', key.id, { labels }),
      ])
        expect(attempt, what).toMatchObject({ status: 400, body: { code: 'request-invalid', errors } });
    }
    expect((await kms.elasticKeys.list(kms.caller)).items).toEqual([key]);
  });

  it('that somebody put into the database find no key', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const key = await makeWith(kms, { env: 'test' });
    const { db } = await kms.database(kms.tenantId);
    await db.updateTable('elastic_key_labels').set({ value: 'prod' }).execute();
    const listed = kms.elasticKeys.list(kms.caller, { labels: [{ name: 'env', value: 'prod' }] });
    await expect(listed).rejects.toMatchObject({ code: 'row-damaged', status: 503 });
    await db.updateTable('elastic_keys').set({ labels: '{"env":"prod"}' }).execute();
    await expect(kms.elasticKeys.read(kms.caller, key.id)).rejects.toMatchObject({ code: 'row-damaged', status: 503 });
  });
});

describe('A label that most of many keys have', () => {
  it('finds them in pages all the same, beside one that few have', async () => {
    await using databases = await withDatabases('sqlite');
    const kms = await testKms(databases);
    const { elasticKeys, caller } = kms;
    const made: string[] = [];
    for (let n = 0; n < 205; n += 1) made.push((await makeWith(kms, { env: 'prod', ...(n % 100 === 0 && { rare: 'x' }) })).id);
    const listed = async (...labels: { name: string; value: string }[]): Promise<string[]> => {
      const ids: string[] = [];
      for (let cursor: string | null = ''; cursor !== null;) {
        const page = await elasticKeys.list(caller, { labels, limit: 100, sort: 'created_at', ...(cursor !== '' && { cursor }) });
        ids.push(...page.items.map(({ id }) => id));
        cursor = page.nextCursor;
      }
      return ids;
    };
    expect(await listed({ name: 'env', value: 'prod' })).toEqual(made);
    expect(await listed({ name: 'env', value: 'prod' }, { name: 'rare', value: 'x' })).toEqual([made[0], made[100], made[200]]);
  });
});
