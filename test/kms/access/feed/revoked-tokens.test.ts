import { randomUUID, randomUUIDv7 } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { RevocationEvent } from '#infra/security-events/revocation-event.ts';
import { createRevokedTokens } from '#kms/access/feed/revoked-tokens.ts';
import { tokenFacts } from '#test/kms/support/token-facts.ts';

const AT = 1_800_000_000;

const world = (max = 10) => {
  const clock = { elapsed: 0 };
  const revoked = createRevokedTokens({ maxTokenSeconds: 600, elapsed: () => clock.elapsed, max });
  const add = (event: RevocationEvent, lifeSeconds = 600) => revoked.add({ id: randomUUIDv7(), at: AT, lifeSeconds, event });
  return { clock, revoked, add };
};
const aToken = (): RevocationEvent => ({ kind: 'token-revoked', tokenId: randomUUIDv7() });

describe('revoked tokens', () => {
  const token = tokenFacts();
  const ofClient = tokenFacts({ grant: null });
  it.each<[string, RevocationEvent, typeof token]>([
    ['its id', { kind: 'token-revoked', tokenId: token.tokenId }, token],
    ['its hash', { kind: 'opaque-token-revoked', tokenHash: token.tokenHash }, token],
    ['its grant', { kind: 'grant-revoked', grant: token.grant ?? '' }, token],
    ['the key that signed it', { kind: 'signing-key-withdrawn', kid: token.keyId ?? '' }, token],
  ])('are known by %s, and no other token is', (_, event, of) => {
    const { revoked, add } = world();
    add(event);
    expect([revoked.verdict(of), revoked.verdict(tokenFacts())]).toEqual(['revoked', 'live']);
  });

  it.each<[string, RevocationEvent, typeof token]>([
    ['account', { kind: 'account-disabled', accountId: token.subject }, token],
    ['account that is gone', { kind: 'account-purged', accountId: token.subject }, token],
    ['client', { kind: 'client-disabled', clientId: ofClient.clientId, tenantId: ofClient.tenant }, ofClient],
  ])('of an %s are those from before: about that time nobody can tell, and later ones are good', (_, event, of) => {
    const { revoked, add } = world();
    add(event);
    const made = (second: number) => revoked.verdict({ ...of, issuedAt: (AT + second) * 1000 });
    expect([made(-1), made(0), made(30), made(31)]).toEqual(['revoked', 'unknown', 'unknown', 'live']);
  });

  it('of a client are those that it has for itself, in that tenant', () => {
    const { revoked, add } = world();
    const issuedAt = (AT - 1) * 1000;
    add({ kind: 'client-disabled', clientId: token.clientId, tenantId: token.tenant });
    expect(revoked.verdict({ ...token, issuedAt })).toBe('live');
    expect(revoked.verdict({ ...token, issuedAt, grant: null })).toBe('revoked');
    expect(revoked.verdict({ ...token, issuedAt, grant: null, tenant: randomUUID() })).toBe('live');
  });

  it('are good again when their account or client is', () => {
    const { revoked, add } = world();
    const issuedAt = (AT - 1) * 1000;
    add({ kind: 'account-disabled', accountId: token.subject });
    add({ kind: 'account-enabled', accountId: token.subject });
    expect(revoked.verdict({ ...token, issuedAt })).toBe('live');
  });

  it('stay for the life of the longest token and the difference of clocks, whatever the issuer says, and make room then', () => {
    const { clock, revoked, add } = world(1);
    add({ kind: 'grant-revoked', grant: token.grant ?? '' }, 86_400);
    clock.elapsed = 629_999;
    expect(revoked.verdict(token)).toBe('revoked');
    clock.elapsed = 630_000;
    add(aToken());
    expect([revoked.verdict(token), revoked.size, revoked.isFull]).toEqual(['live', 1, false]);
  });

  it('are unknown where they are opaque and nobody revoked them by their hash: they do not say under which grant they were given', () => {
    const { revoked, add } = world();
    const opaque = tokenFacts({ keyId: null, grant: null });
    expect(revoked.verdict(opaque)).toBe('unknown');
    add({ kind: 'opaque-token-revoked', tokenHash: opaque.tokenHash });
    expect(revoked.verdict(opaque)).toBe('revoked');
  });

  it('that do not fit make the set say nothing more, rather than that a revoked token is good', () => {
    const { revoked, add } = world(2);
    for (let n = 0; n < 3; n += 1) add(aToken());
    expect([revoked.isFull, revoked.size, revoked.verdict(tokenFacts())]).toEqual([true, 2, 'unknown']);
  });
});
