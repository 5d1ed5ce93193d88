import { randomUUIDv7 } from 'node:crypto';
import { expect, it } from 'vitest';
import { boundedKey } from '#infra/cache/bounded-key.ts';
import { readClaims } from '#kms/access/tokens/claims.ts';
import { createRememberedTokens } from '#kms/access/tokens/remembered-tokens.ts';

const ISSUERS = ['https://small.example', 'https://large.example'];

const tokenOf = (issuer: string) => {
  const times = { iat: 1_800_000_000, exp: 1_800_000_600 };
  const names = { iss: issuer, sub: 's', aud: 'a', client_id: 'c', jti: randomUUIDv7(), tenant_id: 't' };
  const read = readClaims({ ...names, ...times, scope: 'kms:read' });
  if ('refused' in read) throw new Error(read.refused);
  return { id: boundedKey(read.claims.tokenId), claims: read.claims, held: { scopes: new Set<never>() } };
};

it('An issuer that gives many tokens takes no room from one that gives few', () => {
  const remembered = createRememberedTokens<ReturnType<typeof tokenOf>>(ISSUERS, 10);
  const [small, large] = ISSUERS.map((issuer, n) => Array.from({ length: n === 0 ? 3 : 20 }, () => tokenOf(issuer)));
  for (const token of [...(small ?? []), ...(large ?? [])]) remembered.set(token.id, token);
  expect(small?.map(({ id }) => remembered.get(id))).toEqual(small);
  expect(large?.filter(({ id }) => remembered.get(id) !== undefined)).toHaveLength(7);
});
