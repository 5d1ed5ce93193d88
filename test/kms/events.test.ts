import { describe, expect, it } from 'vitest';
import { type KmsEvent, logEvents } from '#kms/events.ts';

/** Level and words of the line that an event makes. */
const lineOf = (event: KmsEvent): string => {
  const lines: string[] = [];
  const to = (level: string) => (text: string) => void lines.push(`${level} ${text}`);
  logEvents({ log: { debug: to('debug'), info: to('info'), warn: to('warn'), error: to('error') }, counter: () => () => undefined })(event);
  return lines.join('\n');
};

const partner = { issuer: 'https://localhost:11082', name: 'partner', tenants: ['globex'] } as const;
const away = { type: 'identity-unreachable', cause: new Error('localhost:11082 refuses connections') } as const;

describe('The log of the KMS', () => {
  it('names an issuer that does not answer, and warns of one that has answered before', () => {
    const name = 'the issuer partner (https://localhost:11082, for globex)';
    expect(lineOf({ ...partner, ...away, hasAnswered: false })).toBe(
      `info ${name} has not answered yet: localhost:11082 refuses connections`,
    );
    expect(lineOf({ ...partner, ...away, hasAnswered: true })).toBe(`warn ${name} does not answer: localhost:11082 refuses connections`);
    expect(lineOf({ ...partner, type: 'identity-reachable', hasAnswered: false })).toBe(`info ${name} answers`);
    expect(lineOf({ ...partner, type: 'identity-reachable', hasAnswered: true })).toBe(`info ${name} answers again`);
  });

  it.each([
    ['*', 'all tenants'],
    ['others', 'all tenants that no other issuer names'],
    [['a', 'b', 'c'], 'a, b, c'],
    [['a', 'b', 'c', 'd'], '4 tenants'],
  ] as const)('says for whom an issuer speaks: %j', (tenants, words) => {
    expect(lineOf({ ...partner, ...away, hasAnswered: true, tenants })).toContain(`, for ${words})`);
  });

  it('warns of a late feed of revocations, except at the start', () => {
    const lost = { type: 'revocation-feed-lost', issuer: partner.issuer, cause: new Error('away') } as const;
    expect(lineOf({ ...lost, isStarting: true })).toMatch(/^info .* is not there yet, /);
    expect(lineOf({ ...lost, isStarting: false })).toMatch(/^warn .* is late, /);
  });
});
