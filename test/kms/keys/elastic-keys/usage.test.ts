import { randomUUIDv7 } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keyRoutes } from '#test/kms/support/key-routes.ts';
import { databaseKinds, withDatabases } from '#test/support/database.ts';
import { testKms } from '#test/support/kms-keys.ts';
import { makePki, type Pki } from '#test/support/pki.ts';

const name = () => `key-${randomUUIDv7()}`;
const plaintext = new TextEncoder().encode('attack at dawn');

let pki: Pki;
beforeAll(async () => {
  pki = await makePki();
});
afterAll(() => pki[Symbol.asyncDispose]());

describe.each(databaseKinds())('The usage of an elastic key on %s', (kind) => {
  it('is given at creation, shown, and changed member by member', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    await using routes = await keyRoutes(kms, pki);
    const usage = { max_protections: 1_000, rotation_after_protections: 900, rotation_period: 'P1DT12H' };
    const made = await routes.call('POST', '', { name: name(), algorithm: 'A256GCM/A256KW', ...usage });
    expect(made).toMatchObject({ status: 201, body: { ...usage, next_rotation_at: '2031-01-02T12:00:00.000Z' } });
    const id = String(made.body['id']);
    expect((await routes.call('GET', id)).body).toEqual(made.body);
    kms.clock.now += 3_600_000;
    const changed = await routes.call('PATCH', id, { rotation_period: 'P2W', rotation_after_protections: null });
    expect(changed.body).toMatchObject({
      max_protections: 1_000,
      rotation_after_protections: null,
      rotation_period: 'P14D',
      // Of the version, whenever the period was set.
      next_rotation_at: '2031-01-15T00:00:00.000Z',
    });
    await kms.materialKeys.rotate(kms.caller, id);
    expect((await routes.call('GET', id)).body).toMatchObject({ next_rotation_at: '2031-01-15T01:00:00.000Z' });
    const cleared = await routes.call('PATCH', id, { rotation_period: null, max_protections: null });
    expect(cleared.body).toMatchObject({ max_protections: null, rotation_period: null, next_rotation_at: null });
  });

  it('is refused by a field where it cannot be kept', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    await using routes = await keyRoutes(kms, pki);
    const { id } = await kms.make('A256GCM/A256GCMKW');
    const hostile: readonly (readonly [Record<string, unknown>, string])[] = [
      [{ max_protections: 0 }, '/max_protections'],
      [{ max_protections: 1.5 }, '/max_protections'],
      [{ max_protections: 2 ** 32 }, '/max_protections'],
      [{ rotation_after_protections: 2 ** 32 - 1 }, '/rotation_after_protections'],
      [{ max_protections: 10, rotation_after_protections: 10 }, '/rotation_after_protections'],
      [{ rotation_period: 'P1M' }, '/rotation_period'],
      [{ rotation_period: 'PT59M' }, '/rotation_period'],
      [{ rotation_period: 'P3651D' }, '/rotation_period'],
      [{ rotation_period: 7_776_000 }, '/rotation_period'],
    ];
    for (const [usage, field] of hostile) {
      const made = await routes.call('POST', '', { name: name(), algorithm: 'A256GCM/A256GCMKW', ...usage });
      for (const answer of [made, await routes.call('PATCH', id, usage)])
        expect(answer, JSON.stringify(usage)).toMatchObject({ status: 400, body: { errors: [{ field }] } });
    }
    const external = await routes.call('POST', '', { name: name(), algorithm: 'A256KW', origin: 'external', rotation_period: 'P90D' });
    expect(external).toMatchObject({ status: 400, body: { code: 'rotation-of-external', errors: [{ field: '/rotation_period' }] } });
    await routes.call('PATCH', id, { max_protections: 100 });
    // The members hold together, also where one of them comes later.
    const later = await routes.call('PATCH', id, { rotation_after_protections: 100 });
    expect(later).toMatchObject({ status: 400, body: { code: 'rotation-after-limit' } });
  });

  it.each(['A256GCM/A256KW', 'A256KW', 'ES256'] as const)('limits what a version of %s protects, and nothing else', async (algorithm) => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const { crypto, caller } = kms;
    const key = await kms.elasticKeys.create(caller, { name: name(), algorithm, usage: { maxProtections: 3 } });
    const protect = {
      'A256GCM/A256KW': () => crypto.encrypt(caller, key.id, { plaintext }),
      A256KW: () => crypto.wrap(caller, key.id, { key: plaintext }),
      ES256: () => crypto.sign(caller, key.id, { payload: plaintext }),
    }[algorithm];
    const process = {
      'A256GCM/A256KW': (made: object) => crypto.decrypt(caller, key.id, made as { jwe: string }),
      A256KW: (made: object) => crypto.unwrap(caller, key.id, made as { jwe: string }),
      ES256: (made: object) => crypto.verify(caller, key.id, made as { jws: string }),
    }[algorithm];
    /** Opened, or verified. */
    const answerTo = async (made: object): Promise<unknown> => {
      const answer = await process(made);
      return answer instanceof Uint8Array || answer.valid;
    };
    const made = [await protect(), await protect(), await protect()];
    await expect(protect()).rejects.toMatchObject({
      code: 'protection-limit-reached',
      status: 409,
      fix: expect.stringContaining('Rotate'),
    });
    for (const each of made) expect(await answerTo(each)).toBe(true);
    expect((await kms.materialKeys.list(caller, key.id)).items).toMatchObject([{ protections: 3 }]);
    await kms.materialKeys.rotate(caller, key.id);
    expect(await answerTo(await protect())).toBe(true);
    for (const each of made) expect(await answerTo(each)).toBe(true);
    expect((await kms.materialKeys.list(caller, key.id)).items).toMatchObject([{ protections: 1 }, { protections: 3 }]);
  });

  it('holds under a lower limit from the answer on, whatever was reserved under a higher one', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const key = await kms.make('A256GCM/A256KW');
    const encrypt = () => kms.crypto.encrypt(kms.caller, key.id, { plaintext });
    await encrypt();
    expect((await kms.materialKeys.list(kms.caller, key.id)).items).toMatchObject([{ protections: 1_024 }]);
    await kms.elasticKeys.change(kms.caller, key.id, { usage: { maxProtections: 1_000 } });
    await expect(encrypt()).rejects.toMatchObject({ code: 'protection-limit-reached' });
    await kms.elasticKeys.change(kms.caller, key.id, { usage: { maxProtections: 1_025 } });
    await encrypt();
    await expect(encrypt()).rejects.toMatchObject({ code: 'protection-limit-reached' });
  });

  it('is not counted where nothing depends on it', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const key = await kms.make('ES256');
    await kms.crypto.sign(kms.caller, key.id, { payload: plaintext });
    expect((await kms.materialKeys.list(kms.caller, key.id)).items).toMatchObject([{ protections: null }]);
  });
});
