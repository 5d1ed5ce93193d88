import { describe, expect, it } from 'vitest';
import { ALGORITHMS, algorithmOf } from '#kms/jose/algorithms.ts';
import { importSecret } from '#kms/jose/key-material.ts';
import { staysInBufferPool } from '#test/kms/jose/buffer-pool.ts';
import { secretFor } from '#test/kms/jose/secrets.ts';

/** An algorithm for each kind and size of key. */
const NAMES = [
  ...new Map(
    (Object.keys(ALGORITHMS) as (keyof typeof ALGORITHMS)[]).map((name) => [JSON.stringify(algorithmOf(name).key), name]),
  ).values(),
];

describe('the secret of a material key', () => {
  it.each(NAMES)('of %s is copied nowhere that is not zeroed', async (name) => {
    const algorithm = algorithmOf(name);
    const secret = await secretFor(algorithm);
    expect(await staysInBufferPool(secret, () => importSecret(algorithm, 'kid', secret))).toBe(false);
  });
});
