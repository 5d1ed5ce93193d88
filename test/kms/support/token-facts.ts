import { randomUUID, randomUUIDv7 } from 'node:crypto';
import type { TokenFacts } from '#kms/access/feed/revocation-feed.ts';

/** Of a token of a person, whose names are no test's but this one's. */
export const tokenFacts = (change: Partial<TokenFacts> = {}): TokenFacts => ({
  keyId: randomUUIDv7(),
  tokenId: randomUUIDv7(),
  subject: randomUUIDv7(),
  clientId: `client-${randomUUIDv7()}`,
  tenant: randomUUID(),
  grant: randomUUIDv7(),
  tokenHash: randomUUIDv7(),
  issuedAt: 1_800_000_000_000,
  ...change,
});
