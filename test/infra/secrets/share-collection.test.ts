import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { createShareCollection } from '#infra/secrets/share-collection.ts';
import { combineShares, makeShares } from '#infra/secrets/unseal-shares.ts';

const EMPTY = { given: 0, threshold: null, total: null };

it('Shares that are given one by one bring back their secret with the last that is needed, and the collection is empty again', async () => {
  const shares = await makeShares({ threshold: 3, shares: 5 });
  const collection = createShareCollection();
  expect(collection.progress()).toEqual(EMPTY);
  expect(await collection.add(shares[4] ?? '')).toBeNull();
  expect(await collection.add(`${shares[0]}\n`)).toBeNull();
  expect(collection.progress()).toEqual({ given: 2, threshold: 3, total: 5 });
  expect(await collection.add(shares[2] ?? '')).toEqual(await combineShares(shares.slice(0, 3)));
  expect(collection.progress()).toEqual(EMPTY);
});

it('A share that is damaged, doubled or of another set is refused, and those before still count', async () => {
  const [[first = '', second = ''], [foreign = '']] = [
    await makeShares({ threshold: 2, shares: 2 }),
    await makeShares({ threshold: 2, shares: 2 }),
  ];
  const collection = createShareCollection();
  await collection.add(first);
  await expect(collection.add(first)).rejects.toMatchObject({ code: 'unseal-shares-duplicate', status: 400 });
  await expect(collection.add(foreign)).rejects.toMatchObject({ code: 'unseal-shares-mixed', status: 400 });
  const damaged = await collection.add(second.slice(0, -1)).catch((thrown: unknown) => thrown);
  expect(damaged).toMatchObject({ code: 'unseal-shares-damaged', status: 400 });
  expect(String(damaged)).not.toContain(second.split('.')[5] ?? 'none');
  expect(collection.progress()).toMatchObject({ given: 1 });
  expect(await collection.add(second)).toHaveLength(32);
});

it('A share that was altered with a right checksum makes its set fail, and all have to be given anew', async () => {
  const [first = '', second = ''] = await makeShares({ threshold: 2, shares: 2 });
  const payload = second.split('.')[5] ?? '';
  const body = second.slice(0, second.lastIndexOf('.')).replace(payload, (payload.startsWith('A') ? 'B' : 'A') + payload.slice(1));
  const forged = `${body}.${createHash('sha256').update(body).digest('hex').slice(0, 16)}`;
  const collection = createShareCollection();
  await collection.add(first);
  await expect(collection.add(forged)).rejects.toMatchObject({ code: 'unseal-shares-damaged' });
  expect(collection.progress()).toEqual(EMPTY);
  await collection.add(first);
  expect(await collection.add(second)).toHaveLength(32);
});

it('Shares that were forgotten do not count', async () => {
  const [first = '', second = ''] = await makeShares({ threshold: 2, shares: 2 });
  const collection = createShareCollection();
  await collection.add(first);
  collection.clear();
  expect(collection.progress()).toEqual(EMPTY);
  expect(await collection.add(second)).toBeNull();
});
