import { expect, it } from 'vitest';
import { kmsHouse, runKms } from '../support/kms-server.ts';

it('a KMS that starts without its demo commits a reset that an earlier run left', async () => {
  await using house = await kmsHouse();
  {
    await using first = await runKms(house);
    await first.kms.demo?.reset();
  }
  {
    await using second = await runKms(house, { demo: false });
    expect(second.kms.demo).toBeNull();
  }
  await using third = await runKms(house);
  expect(await third.kms.demo?.state()).toMatchObject({ seeded: true, resetPending: null });
});
