import { randomUUID, randomUUIDv7 } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createDpopNonces } from '#kms/access/bindings/dpop-nonces.ts';
import { createProofReplays } from '#kms/access/bindings/proof-replays.ts';

const proof = () => ({ thumbprint: randomUUIDv7(), id: randomUUIDv7() });

describe('a DPoP proof that was used', () => {
  it('is known for as long as it could be used again, and is nothing to that of another key with the same id', () => {
    const clock = { now: 0 };
    const replays = createProofReplays({ lifeMs: 60_000, elapsed: () => clock.now });
    const [tenant, one] = [randomUUID(), proof()];
    expect(replays.spend(tenant, one)).toBe('spent');
    expect(replays.spend(tenant, { ...one, thumbprint: randomUUIDv7() })).toBe('spent');
    clock.now = 59_999;
    expect(replays.spend(tenant, one)).toBe('replayed');
    expect(replays.spend(randomUUID(), one)).toBe('replayed');
    clock.now = 60_000;
    expect(replays.spend(tenant, one)).toBe('spent');
  });

  it('is never forgotten because many others come: one too many is refused, and other tenants have room left', () => {
    const clock = { now: 0 };
    const replays = createProofReplays({ lifeMs: 60_000, max: 8, elapsed: () => clock.now });
    const [loud, quiet] = [randomUUID(), randomUUID()];
    const proofs = Array.from({ length: 6 }, proof);
    expect(proofs.map((each) => replays.spend(loud, each))).toEqual(['spent', 'spent', 'spent', 'spent', 'full', 'full']);
    expect(replays.spend(loud, proofs[0] ?? proof())).toBe('replayed');
    expect([replays.spend(quiet, proof()), replays.spend(quiet, proof()), replays.spend(quiet, proof())]).toEqual([
      'spent',
      'spent',
      'full',
    ]);
    clock.now = 60_000;
    expect(replays.spend(loud, proof())).toBe('spent');
  });
});

describe('a nonce for DPoP proofs', () => {
  it('is good for the time in which it is given and once more, at the process that gave it', () => {
    const clock = { now: 0 };
    const nonces = createDpopNonces(() => clock.now);
    const nonce = nonces.current();
    expect(nonces.isGood(nonce)).toBe(true);
    clock.now = 119_999;
    expect(nonces.isGood(nonce)).toBe(true);
    expect(nonces.current()).not.toBe(nonce);
    clock.now = 120_000;
    expect(nonces.isGood(nonce)).toBe(false);
    expect(nonces.isGood(undefined)).toBe(false);
    expect(createDpopNonces(() => clock.now).isGood(nonces.current())).toBe(false);
  });
});
