import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keyRoutes } from '#test/kms/support/key-routes.ts';
import { withDatabases } from '#test/support/database.ts';
import { testKms } from '#test/support/kms-keys.ts';
import { makePki, type Pki } from '#test/support/pki.ts';

let pki: Pki;
beforeAll(async () => {
  pki = await makePki();
});
afterAll(() => pki[Symbol.asyncDispose]());

const setUp = async () => {
  const opened = new AsyncDisposableStack();
  const kms = await testKms(opened.use(await withDatabases('sqlite')));
  const { call } = opened.use(await keyRoutes(kms, pki));
  const key = await kms.make('ES256');
  const kid = String((await kms.materialKeys.list(kms.caller, key.id)).items[0]?.id);
  return { call, key, version: `${key.id}/material-keys/${kid}`, [Symbol.asyncDispose]: () => opened.disposeAsync() };
};

describe('The routes of the life cycle', () => {
  it('delete and restore an elastic key, by its name too', async () => {
    await using test = await setUp();
    const { call, key } = test;
    const before = (await call('GET', key.id)).body;
    expect(await call('DELETE', key.name)).toMatchObject({
      status: 202,
      body: { ...before, state: 'pending-deletion', deletion_at: '2031-01-08T00:00:00.000Z' },
    });
    expect((await call('DELETE', `${key.id}?wait_days=365`)).body).toMatchObject({ deletion_at: '2032-01-01T00:00:00.000Z' });
    expect(await call('POST', `${key.id}/sign`, { payload: 'AAAA' })).toMatchObject({
      status: 409,
      body: { code: 'elastic-key-pending-deletion', fix: expect.stringContaining('Restore') },
    });
    expect((await call('GET', '?state=pending-deletion')).body).toMatchObject({ items: [{ id: key.id }] });
    expect(await call('POST', `${key.name}/restore`)).toMatchObject({ status: 200, body: before });
  });

  it('revoke, delete and restore a material key', async () => {
    await using test = await setUp();
    const { call, version } = test;
    const before = (await call('GET', version)).body;
    expect(before).toMatchObject({ state: 'active', revocation: null, deletion_at: null, destroyed_at: null });
    expect(await call('DELETE', `${version}?wait_days=1`)).toMatchObject({
      status: 202,
      body: { ...before, state: 'pending-deletion', deletion_at: '2031-01-02T00:00:00.000Z' },
    });
    expect(await call('POST', `${version}/restore`)).toMatchObject({ status: 200, body: before });
    const revocation = { reason: 'superseded', comment: 'replaced', allow_processing: true };
    expect(await call('POST', `${version}/revoke`, revocation)).toMatchObject({
      status: 200,
      body: { ...before, state: 'compromised', revocation: { revoked_at: '2031-01-01T00:00:00.000Z', ...revocation } },
    });
  });

  it.each(['0', '366', '1000', '07', '-1', '1.5', 'x', ''])('refuse a wait of %j days', async (days) => {
    await using test = await setUp();
    const { call, key, version } = test;
    const refusal = { status: 400, body: { errors: [{ field: 'query/wait_days' }] } };
    expect(await call('DELETE', `${key.id}?wait_days=${days}`)).toMatchObject(refusal);
    expect(await call('DELETE', `${version}?wait_days=${days}`)).toMatchObject(refusal);
    expect((await call('GET', key.id)).body).toMatchObject({ state: 'active' });
  });

  it('refuse a revocation without a reason that there is, and a comment that no database holds', async () => {
    await using test = await setUp();
    const { call, version } = test;
    for (const [body, field] of [
      [{}, '/reason'],
      [{ reason: 'remove-from-crl' }, '/reason'],
      [{ reason: 'superseded', comment: '\u0000' }, '/comment'],
      [{ reason: 'superseded', comment: 'x'.repeat(1025) }, '/comment'],
      [{ reason: 'key-compromise', allow_processing: true }, '/allow_processing'],
      [{ reason: 'superseded', allow_processing: 'yes' }, '/allow_processing'],
    ] as const) {
      expect(await call('POST', `${version}/revoke`, body)).toMatchObject({ status: 400, body: { errors: [{ field }] } });
    }
    expect((await call('GET', version)).body).toMatchObject({ state: 'active', revocation: null });
  });
});
