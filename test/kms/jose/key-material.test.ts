import { describe, expect, it } from 'vitest';
import { ALGORITHMS, algorithmOf } from '#kms/jose/algorithms.ts';
import { generateSecret, importSecret } from '#kms/jose/key-material.ts';
import { staysInBufferPool } from '#test/kms/jose/buffer-pool.ts';

describe('the secret of a material key', () => {
  it.each(Object.keys(ALGORITHMS) as (keyof typeof ALGORITHMS)[])('of %s is copied nowhere that is not zeroed', async (name) => {
    const algorithm = algorithmOf(name);
    const secret = await generateSecret(algorithm);
    expect(await staysInBufferPool(secret, () => importSecret(algorithm, 'kid', secret))).toBe(false);
  });
});
