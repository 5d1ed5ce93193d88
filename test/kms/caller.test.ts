import { randomUUIDv7 } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type Authentication, principalOf } from '#kms/caller.ts';

const [subject, sessionId] = [randomUUIDv7(), randomUUIDv7()];
const principal = (authentication: Authentication) => principalOf({ subject, authentication });

describe('The principal of somebody with the session of a browser', () => {
  it('is the one of a token of his issuer, or of his password: grants to either are his', () => {
    const issuer = 'https://id.example';
    expect(principal({ kind: 'session', sessionId, issuer })).toEqual(['token', issuer, subject]);
    expect(principal({ kind: 'session', sessionId, issuer: null })).toEqual(principal({ kind: 'realm-user' }));
    expect(principal({ kind: 'session', sessionId, issuer })).not.toEqual(
      principal({ kind: 'session', sessionId, issuer: `${issuer}.example` }),
    );
    expect(principal({ kind: 'session', sessionId, issuer: null })).not.toEqual(principal({ kind: 'certificate' }));
  });
});
