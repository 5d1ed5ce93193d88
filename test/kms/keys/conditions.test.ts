import { randomUUIDv7 } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, keyRoutes } from '#test/kms/support/key-routes.ts';
import { databaseKinds, withDatabases } from '#test/support/database.ts';
import { testKms } from '#test/support/kms-keys.ts';
import { makePki, type Pki } from '#test/support/pki.ts';

const tagOf = ({ headers }: Answer): string => String(headers['etag']);

let pki: Pki;
beforeAll(async () => {
  pki = await makePki();
});
afterAll(() => pki[Symbol.asyncDispose]());

describe.each(databaseKinds())('A conditional request on %s', (kind) => {
  it('changes a key that is still as it was read, and none that somebody changed since', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    await using routes = await keyRoutes(kms, pki);
    const made = await routes.call('POST', '', { name: `key-${randomUUIDv7()}`, algorithm: 'ES256' });
    const id = String(made.body['id']);
    const read = await routes.call('GET', id);
    expect(tagOf(read)).toMatch(/^"1-[\w-]{22}"$/);
    expect(tagOf(made)).toBe(tagOf(read));
    const changed = await routes.call('PATCH', id, { description: 'first' }, { 'if-match': tagOf(read) });
    expect(changed.status).toBe(200);
    expect(tagOf(changed)).toBe(tagOf(await routes.call('GET', id)));
    for (const late of [
      await routes.call('PATCH', id, { description: 'second' }, { 'if-match': tagOf(read) }),
      await routes.call('PATCH', id, { state: 'suspended' }, { 'if-match': `W/${tagOf(changed)}, "other"` }),
      await routes.call('POST', `${id}/material-keys`, undefined, { 'if-match': tagOf(read) }),
    ]) {
      expect(late).toMatchObject({
        status: 412,
        headers: { etag: tagOf(changed), 'content-type': expect.stringContaining('application/problem+json') },
        body: {
          code: 'precondition-failed',
          title: 'Precondition Failed',
          fix: expect.any(String),
          errors: [{ field: 'header/if-match' }],
        },
      });
    }
    expect((await routes.call('GET', id)).body).toEqual(changed.body);
    expect((await kms.materialKeys.list(kms.caller, id)).items).toHaveLength(1);
    const rotated = await routes.call('POST', `${id}/material-keys`, undefined, { 'if-match': `"other", ${tagOf(changed)}` });
    expect(rotated.status).toBe(201);
    expect(tagOf(rotated)).toBe(tagOf(await routes.call('GET', `${id}/material-keys/${String(rotated.body['id'])}`)));
    expect((await routes.call('PATCH', id, { description: 'third' }, { 'if-match': '*' })).status).toBe(200);
    expect((await routes.call('PATCH', randomUUIDv7(), { description: 'third' }, { 'if-match': tagOf(read) })).status).toBe(404);
  });

  it('ends the life of a key, or of a version, that is still as it was read', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    await using routes = await keyRoutes(kms, pki);
    const { id } = await kms.make('ES256');
    const kid = String((await kms.materialKeys.list(kms.caller, id)).items[0]?.id);
    const version = `${id}/material-keys/${kid}`;
    const steps: readonly (readonly ['POST' | 'DELETE', string, unknown, string])[] = [
      ['DELETE', version, undefined, version],
      ['POST', `${version}/restore`, undefined, version],
      ['POST', `${version}/revoke`, { reason: 'superseded' }, version],
      ['DELETE', id, undefined, id],
      ['POST', `${id}/restore`, undefined, id],
    ];
    for (const [method, path, body, named] of steps) {
      const read = await routes.call('GET', named);
      const refused = await routes.call(method, path, body, { 'if-match': '"other"' });
      expect(refused, path).toMatchObject({ status: 412, headers: { etag: tagOf(read) }, body: { code: 'precondition-failed' } });
      expect(await routes.call('GET', named), path).toMatchObject({ body: read.body });
      const done = await routes.call(method, path, body, { 'if-match': tagOf(read) });
      expect([200, 202], path).toContain(done.status);
      expect(tagOf(done), path).toBe(tagOf(await routes.call('GET', named)));
    }
  });

  it('of ten at once with one tag lets one through', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    await using routes = await keyRoutes(kms, pki);
    const key = await kms.make('A256KW');
    const tag = tagOf(await routes.call('GET', key.id));
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        index % 2 === 0
          ? routes.call('PATCH', key.id, { description: `${index}` }, { 'if-match': tag })
          : routes.call('POST', `${key.id}/material-keys`, undefined, { 'if-match': tag }),
      ),
    );
    expect(answers.filter(({ status }) => status === 412)).toHaveLength(9);
    expect(await kms.elasticKeys.read(kms.caller, key.id)).toMatchObject({ revision: 2 });
  });

  it('answers 304 for what the caller has already, and the whole for what became another', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    await using routes = await keyRoutes(kms, pki);
    const { id } = await kms.make('ES256');
    const { items } = await kms.materialKeys.list(kms.caller, id);
    for (const path of [id, `${id}/material-keys/${items[0]?.id}`, `${id}/jwks`]) {
      const tag = tagOf(await routes.call('GET', path));
      for (const known of [tag, `W/${tag}`, `"other", ${tag}`, '*']) {
        const answer = await routes.call('GET', path, undefined, { 'if-none-match': known });
        expect(answer, `${path} ${known}`).toMatchObject({ status: 304, body: {}, headers: { etag: tag } });
      }
      expect((await routes.call('GET', path, undefined, { 'if-none-match': '"other"' })).status).toBe(200);
    }
    const before = await Promise.all([id, `${id}/material-keys/${items[0]?.id}`, `${id}/jwks`].map((path) => routes.call('GET', path)));
    await kms.materialKeys.rotate(kms.caller, id);
    for (const [index, path] of [id, `${id}/material-keys/${items[0]?.id}`, `${id}/jwks`].entries()) {
      const answer = await routes.call('GET', path, undefined, { 'if-none-match': tagOf(before[index] as Answer) });
      expect(answer.status, path).toBe(200);
    }
  });

  it('is refused where its tags have not the form of tags', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    await using routes = await keyRoutes(kms, pki);
    const { id } = await kms.make('A256KW');
    for (const text of ['abc', '"open', 'W/', '"a" "b"', ',', ''])
      for (const [header, answer] of [
        ['if-match', await routes.call('PATCH', id, { description: 'x' }, { 'if-match': text })],
        ['if-none-match', await routes.call('GET', id, undefined, { 'if-none-match': text })],
      ] as const)
        expect(answer, text).toMatchObject({ status: 400, body: { code: 'condition-invalid', errors: [{ field: `header/${header}` }] } });
  });
});
