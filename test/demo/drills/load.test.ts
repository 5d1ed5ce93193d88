import { describe, expect, it } from 'vitest';
import { kmsApi } from '#client/kms/kms.ts';
import { createJudge, knownOf, type Weather } from '#demo/drills/load/judge.ts';
import { createLedger } from '#demo/drills/load/ledger.ts';
import { lostWrites } from '#demo/drills/load/lost-writes.ts';
import { AppError } from '#infra/apperr/app-error.ts';
import type { HttpsResponse } from '#infra/http/client.ts';
import { unique } from '#test/support/demo-engine.ts';

const answer = (status: number, body: object, headers: Record<string, string> = {}): HttpsResponse => ({
  status,
  headers,
  setCookies: [],
  text: JSON.stringify(body),
  json: <T>() => body as T,
});

const problem = (status: number, code: string, headers: Record<string, string> = {}): HttpsResponse =>
  answer(status, { status, code }, { 'content-type': 'application/problem+json', ...headers });

const unavailable = problem(503, 'identity-unavailable', { 'retry-after': '2' });
const refused = async () => {
  throw new AppError('connection-refused', 503, 'localhost refuses connections');
};
const hangs = async () => {
  throw new AppError('timed-out', 504, 'waited 50 ms');
};

/** What is found about one outcome while this may come. */
const found = async (weather: Weather, work: () => Promise<HttpsResponse>): Promise<readonly string[]> => {
  const findings: string[] = [];
  await createJudge({ weather: () => weather, finding: (text) => void findings.push(text) }).request('decrypt', work);
  return findings;
};

describe('An outcome of a caller', () => {
  it.each<[string, Weather, () => Promise<HttpsResponse>]>([
    ['a success', null, async () => answer(200, {})],
    ['a 503 that the drill names', ['503 identity-unavailable'], async () => unavailable],
    ['any 503 where all may come', ['503'], async () => unavailable],
    ['no answer where none may come', ['no answer'], refused],
    ['a full disk, of which nobody knows the end', ['503 database-full'], async () => problem(503, 'database-full')],
  ])('is no finding: %s', async (_, weather, work) => {
    expect(await found(weather, work)).toEqual([]);
  });

  it.each<[string, Weather, () => Promise<HttpsResponse>, string]>([
    ['a 503 while nothing is broken', null, async () => unavailable, 'while nothing was broken'],
    ['another 503 than that which may come', ['503 sealed'], async () => unavailable, '503 identity-unavailable'],
    ['a 500', ['503'], async () => problem(500, 'internal-error'), '500 internal-error'],
    ['a caller who hangs', ['no answer', '503'], hangs, 'no answer in time'],
    ['a 503 that does not say when to ask again', ['503'], async () => problem(503, 'sealed'), 'Retry-After missing'],
    ['an error that is no Problem', ['503'], async () => answer(503, {}, { 'retry-after': '1' }), 'no Problem'],
  ])('is a finding: %s', async (_, weather, work, text) => {
    expect((await found(weather, work)).join()).toContain(text);
  });

  it('says of a write whether it happened: no answer and a 5xx leave that open', async () => {
    const judge = createJudge({ weather: () => ['503', '409', 'no answer'], finding: () => undefined });
    const known = async (work: () => Promise<HttpsResponse>) => knownOf(await judge.request('rotate', work));
    expect(await known(async () => answer(201, {}))).toBe('acknowledged');
    expect(await known(async () => problem(409, 'conflict'))).toBe('refused');
    expect(await known(async () => unavailable)).toBe('unknown');
    expect(await known(refused)).toBe('unknown');
  });
});

/** A KMS that has this one key, with so many versions, and opens every ciphertext to one plaintext. */
const kmsWith = (key: { id: string; name: string; description: string; versions: number; plaintext: string } | null) =>
  kmsApi({
    url: 'https://kms.test/service/api/v1',
    session: {
      request: async ({ url }) => {
        const { pathname, searchParams } = new URL(url);
        if (pathname.endsWith('/elastic-keys')) {
          return answer(200, { items: key !== null && searchParams.get('name') === key.name ? [key] : [], next_cursor: null });
        }
        if (key === null) return problem(404, 'not-found');
        if (pathname.endsWith('/material-keys'))
          return answer(200, { items: Array.from({ length: key.versions }, () => ({})), next_cursor: null });
        return answer(200, pathname.endsWith('/decrypt') ? { plaintext: key.plaintext } : key);
      },
      get: refused,
      post: refused,
    },
  });

describe('The look for acknowledged writes', () => {
  const key = { id: unique('id'), name: unique('flow'), description: 'second', versions: 2, plaintext: 'cGxhaW4' };
  const ledger = createLedger();
  ledger.created({ id: key.id, name: key.name, description: 'first' });
  ledger.described(key.id, 'second', 'acknowledged');
  ledger.rotated(key.id, 'acknowledged');
  ledger.encrypted({ key: key.id, ciphertext: 'jwe', plaintext: key.plaintext, context: '' });

  it('finds nothing where all are there', async () => {
    expect(ledger.writes()).toBe(3);
    expect(await lostWrites(kmsWith(key), ledger)).toEqual([]);
  });

  it.each([
    ['a key', null, 'is gone'],
    ['a rotation', { ...key, versions: 1 }, '1 versions; 2 were acknowledged'],
    ['a change of the description', { ...key, description: 'first' }, 'is described as "first"'],
    ['a version that opens what it protected', { ...key, plaintext: 'b3RoZXI' }, 'opens to something else'],
  ])('finds a stack that lost %s', async (_, kms, text) => {
    expect((await lostWrites(kmsWith(kms), ledger)).join()).toContain(text);
  });

  it('takes a write that nobody answered as a whole or not at all, and one that was refused not at all', async () => {
    const asked = { name: key.name, description: 'second' };
    const look = (answer: 'refused' | 'unknown', description = 'second') =>
      lostWrites(kmsWith({ ...key, description }), { keys: [], ciphertexts: [], asked: [{ ...asked, answer }] });
    expect(await look('unknown')).toEqual([]);
    expect((await look('unknown', 'half')).join()).toContain('not as it was asked for');
    expect((await look('refused')).join()).toContain('though it was refused');
    const other = createLedger();
    other.created({ id: key.id, name: key.name, description: 'second' });
    other.rotated(key.id, 'unknown');
    expect(await lostWrites(kmsWith(key), other)).toEqual([]);
    expect((await lostWrites(kmsWith({ ...key, versions: 3 }), other)).join()).toContain('3 versions');
  });
});
