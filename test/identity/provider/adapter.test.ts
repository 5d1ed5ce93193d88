import { expect, test } from 'vitest';
import { MAX_TOKEN_LENGTH } from '#infra/secrets/credential-limits.ts';
import { createAdapterFactory } from '#identity/provider/store/adapter.ts';
import { createPayloadStore } from '#identity/provider/store/payloads.store.ts';
import type { PayloadStore } from '#identity/provider/store/payloads.ts';
import { identityDatabase } from '#test/identity/support/identity-database.ts';
import { revocationLog } from '#test/identity/support/revocation-log.ts';

test('An opaque token that is longer than a token may be is not looked for, nor is such a user code or id of a session', async () => {
  await using opened = await identityDatabase('sqlite');
  const store = createPayloadStore({ database: opened.database, revocations: revocationLog(), now: Date.now });
  const asked: number[] = [];
  const watch = (find: PayloadStore['find']): PayloadStore['find'] => {
    return (model, id) => {
      asked.push(id.length);
      return find(model, id);
    };
  };
  const watched = { ...store, find: watch(store.find), findByUid: watch(store.findByUid), findByUserCode: watch(store.findByUserCode) };
  const options = { store: watched, findClient: async () => undefined, now: Date.now, unredeemedGrantSeconds: 60 };
  const adapter = createAdapterFactory(options)('AccessToken');

  for (const length of [MAX_TOKEN_LENGTH, MAX_TOKEN_LENGTH + 1]) {
    const id = 'x'.repeat(length);
    expect([await adapter.find(id), await adapter.findByUid(id), await adapter.findByUserCode(id)]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  }

  expect(asked).toEqual([MAX_TOKEN_LENGTH, MAX_TOKEN_LENGTH, MAX_TOKEN_LENGTH]);
});
