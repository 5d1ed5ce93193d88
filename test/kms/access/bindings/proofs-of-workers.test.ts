import { randomBytes, randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Shared } from '#infra/workers/workers.ts';
import type { SpentProof } from '#kms/access/bindings/proof-replays.ts';
import { createSpentProofs, createTokenBinding } from '#kms/access/bindings/token-binding.ts';
import { createChallenges } from '#kms/access/challenges.ts';
import type { TokenClaims } from '#kms/claims.ts';
import { dpopKey } from '../../support/dpop.ts';

const URL_OF_KEYS = 'https://localhost/service/api/v1/elastic-keys';

/** Two workers of one server, and a token that is bound to a key. */
const world = async (nonce: 'off' | 'required') => {
  const dpop = { max_age_seconds: 60, nonce };
  const spend = createSpentProofs({ config: { dpop }, elapsed: () => 0 });
  const shared: Shared = { secret: randomBytes(32), elapsed: () => 0, spend: async (proof) => spend(proof as SpentProof) };
  const worker = () =>
    createTokenBinding({
      config: { unbound_certificate: 'refuse', dpop },
      challenges: createChallenges('detailed'),
      now: Date.now,
      // Each process has begun at another time.
      elapsed: () => Math.random(),
      workers: { shared },
    });
  const key = await dpopKey();
  const token = `token-${randomUUID()}`;
  const claims = { confirmation: { jkt: key.jkt } } as unknown as TokenClaims;
  const of = { value: token, claims, tenantId: randomUUID(), clockSkewSeconds: 0 };
  const show = (at: ReturnType<typeof worker>, proof: string) =>
    at.check(of, { peer: null, dpop: { proofs: [proof], method: 'GET', url: URL_OF_KEYS } });
  const prove = (claimed: Readonly<Record<string, unknown>> = {}) => key.proof({ token, url: URL_OF_KEYS }, { claims: claimed });
  return { one: worker(), two: worker(), show, prove };
};

describe('a DPoP proof at the workers of one server', () => {
  it('is good once among all of them', async () => {
    const { one, two, show, prove } = await world('off');
    const proof = await prove();
    await show(one, proof);
    await expect(show(two, proof)).rejects.toMatchObject({
      code: 'proof-invalid',
      message: expect.stringContaining('used before') as string,
    });
    await show(two, await prove());
  });

  it('holds a nonce that any of them gave', async () => {
    const { one, two, show, prove } = await world('required');
    const refused = (await show(one, await prove()).catch((error: unknown) => error)) as {
      readonly headers: Readonly<Record<string, string>>;
    };
    const nonce = Object.entries(refused.headers).find(([name]) => name.toLowerCase() === 'dpop-nonce')?.[1];
    await expect(show(two, await prove({ nonce }))).resolves.toBeUndefined();
  });
});
