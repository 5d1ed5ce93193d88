import { randomUUIDv7 } from 'node:crypto';
import { exportJWK, generateKeyPair, generateSecret, type JWK } from 'jose';
import { beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { AppError } from '#infra/apperr/app-error.ts';
import type { HttpsRequest, HttpsResponse } from '#infra/http/client.ts';
import { createJwksCache } from '#kms/access/tokens/jwks-cache.ts';

let es256: JWK;
let other: JWK;
const makeKey = async (): Promise<JWK> => ({
  ...(await exportJWK((await generateKeyPair('ES256', { extractable: true })).publicKey)),
  kid: randomUUIDv7(),
});
beforeAll(async () => {
  es256 = await makeKey();
  other = await makeKey();
});

const answer = (body: unknown, status = 200): HttpsResponse => ({
  status,
  headers: {},
  setCookies: [],
  text: JSON.stringify(body),
  json: <T>() => body as T,
});

/** A cache whose clock and issuer the test moves. */
const cacheOf = (keys: unknown[] = [es256], authorization?: string) => {
  const world = {
    elapsed: 1_000_000,
    requests: [] as HttpsRequest[],
    respond: async (): Promise<HttpsResponse> => answer({ keys }),
  };
  const events: string[] = [];
  const cache = createJwksCache({
    issuer: 'https://identity.example',
    locate: async () => ({ uri: 'https://identity.example/jwks', ...(authorization === undefined ? {} : { authorization }) }),
    algorithms: ['ES256'],
    client: {
      request: (request) => {
        world.requests.push(request);
        return world.respond();
      },
    },
    ttlMs: 60_000,
    staleMs: 120_000,
    emit: ({ type, hasAnswered }) => void events.push(hasAnswered ? type : `${type} at first`),
    elapsed: () => world.elapsed,
  });
  return { cache, world, events };
};
const down = () => Promise.reject(new AppError('connection-refused', 503, 'identity.example refuses connections'));
const kidOf = (key: JWK): string => key.kid ?? '';

/** Sets the clock of the machine back, until the end of the test. */
const setClockBack = (ms: number): void => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() - ms });
  onTestFinished(() => void vi.useRealTimers());
};

describe('JWKS cache', () => {
  it('learns that a key was withdrawn and that another one came, also when the clock of the machine is set back', async () => {
    const { cache, world } = cacheOf();
    expect(await cache.key(kidOf(es256))).toBeDefined();
    setClockBack(3_600_000);
    world.elapsed += 60_000;
    world.respond = async () => answer({ keys: [other] });
    expect(await cache.key(kidOf(es256))).toBeUndefined();
    expect(await cache.key(kidOf(other))).toBeDefined();
    expect(world.requests.length).toBeLessThanOrEqual(3);
    world.elapsed += 1_000;
    world.respond = down;
    await expect(cache.probe()).rejects.toThrow('refuses connections');
  });

  it('shows who asks to an issuer that knows it, and else nothing', async () => {
    const { cache, world } = cacheOf([es256], 'Basic eDp5');
    await cache.key(kidOf(es256));
    expect(world.requests[0]?.headers).toMatchObject({ authorization: 'Basic eDp5' });
    const stranger = cacheOf();
    await stranger.cache.key(kidOf(es256));
    expect(stranger.world.requests[0]?.headers).not.toHaveProperty('authorization');
  });

  it('says that the issuer limits its requests, and for how long, in the place of that it does not answer', async () => {
    const { cache, world } = cacheOf();
    world.respond = async () => ({ ...answer({}, 429), headers: { 'retry-after': '17' } });
    await expect(cache.key(kidOf(es256))).rejects.toMatchObject({
      code: 'identity-rate-limited',
      status: 503,
      headers: { 'retry-after': '17' },
      message: expect.stringContaining('limits the requests'),
    });
  });

  it('is healthy while the issuer limits its requests and what is remembered may serve, no longer', async () => {
    const { cache, world } = cacheOf();
    await cache.key(kidOf(es256));
    world.respond = async () => answer({}, 429);
    world.elapsed += 100_000;
    await expect(cache.probe()).resolves.toBeUndefined();
    world.elapsed += 100_000;
    await expect(cache.probe()).rejects.toMatchObject({ code: 'identity-rate-limited' });
  });

  it('fetches the configured URL once for many callers at once, and not again within its time to live', async () => {
    const { cache, world } = cacheOf();
    const keys = await Promise.all(Array.from({ length: 50 }, () => cache.key(kidOf(es256))));
    world.elapsed += 59_999;
    keys.push(await cache.key(kidOf(es256)));
    expect(keys.every((key) => key !== undefined)).toBe(true);
    expect(world.requests.map((request) => request.url)).toEqual(['https://identity.example/jwks']);
  });

  it('fetches again after its time to live and takes over what changed', async () => {
    const { cache, world } = cacheOf();
    await cache.key(kidOf(es256));
    world.respond = async () => answer({ keys: [other] });
    world.elapsed += 60_000;
    expect(await cache.key(kidOf(es256))).toBeUndefined();
    expect(await cache.key(kidOf(other))).toBeDefined();
  });

  it('asks at once for a kid that it does not know: the issuer may have rotated its keys', async () => {
    const { cache, world } = cacheOf();
    await cache.key(kidOf(es256));
    world.respond = async () => answer({ keys: [es256, other] });
    expect(await cache.key(kidOf(other))).toBeDefined();
    expect(world.requests).toHaveLength(2);
  });

  it('makes one request for a flood of unknown kids, and one more only after the cooldown', async () => {
    const { cache, world } = cacheOf();
    await cache.key(kidOf(es256));
    await Promise.all(Array.from({ length: 500 }, (_, index) => cache.key(`unknown-${index}`)));
    expect(world.requests).toHaveLength(2);
    world.elapsed += 4_999;
    await cache.key('unknown-more');
    expect(world.requests).toHaveLength(2);
    world.elapsed += 1;
    await cache.key('unknown-more');
    expect(world.requests).toHaveLength(3);
  });

  it('has a new key for everybody who asks for it at once right after a rotation', async () => {
    const { cache, world } = cacheOf();
    await cache.key(kidOf(es256));
    world.respond = async () => answer({ keys: [es256, other] });
    const keys = await Promise.all(Array.from({ length: 3 }, () => cache.key(kidOf(other))));
    expect(keys.map((found) => found?.key.type)).toEqual(['public', 'public', 'public']);
    expect(world.requests).toHaveLength(2);
  });

  it('asks for itself when the request under way was sent before the rotation', async () => {
    const { cache, world } = cacheOf();
    await cache.key(kidOf(es256));
    world.elapsed += 1_000;
    const early = Promise.withResolvers<HttpsResponse>();
    world.respond = () => early.promise;
    const probe = cache.probe();
    await vi.waitFor(() => expect(world.requests).toHaveLength(2));
    const key = cache.key(kidOf(other));
    world.respond = async () => answer({ keys: [es256, other] });
    early.resolve(answer({ keys: [es256] }));
    await probe;
    expect(await key).toBeDefined();
    expect(world.requests).toHaveLength(3);
  });

  it('remembers that a kid is unknown beyond the cooldown', async () => {
    const { cache, world } = cacheOf();
    await cache.key(kidOf(es256));
    await cache.key('gone');
    world.elapsed += 10_000;
    await cache.key('gone');
    expect(world.requests).toHaveLength(2);
  });

  it('does not even look for a kid longer than 128 characters', async () => {
    const { cache, world } = cacheOf();
    expect(await cache.key('k'.repeat(129))).toBeUndefined();
    expect(await cache.key('')).toBeUndefined();
    expect(world.requests).toHaveLength(0);
  });

  it('serves old keys for a bounded time while the issuer is down, then answers 503 with the cause', async () => {
    const { cache, world, events } = cacheOf();
    await cache.key(kidOf(es256));
    world.respond = down;
    world.elapsed += 179_999;
    expect(await cache.key(kidOf(es256))).toBeDefined();
    world.elapsed += 1;
    await expect(cache.key(kidOf(es256))).rejects.toMatchObject({
      code: 'identity-unavailable',
      status: 503,
      message: expect.stringContaining('identity.example refuses connections') as string,
    });
    world.respond = async () => answer({ keys: [es256] });
    world.elapsed += 1_000;
    expect(await cache.key(kidOf(es256))).toBeDefined();
    expect(events).toEqual(['identity-unreachable', 'identity-reachable']);
  });

  it('tells an issuer that has not answered yet from one that does not any more', async () => {
    const { cache, world, events } = cacheOf();
    world.respond = down;
    for (const _ of [1, 2]) {
      await expect(cache.key(kidOf(es256))).rejects.toThrow('refuses connections');
      world.elapsed += 1_000;
    }
    world.respond = async () => answer({ keys: [es256] });
    await cache.key(kidOf(es256));
    world.respond = down;
    world.elapsed += 60_000;
    await cache.key(kidOf(es256));
    expect(events).toEqual(['identity-unreachable at first', 'identity-reachable at first', 'identity-unreachable']);
  });

  it('does not repeat a failed request for every caller', async () => {
    const { cache, world } = cacheOf();
    world.respond = down;
    await Promise.allSettled(Array.from({ length: 20 }, () => cache.key(kidOf(es256))));
    await cache.key(kidOf(es256)).catch(() => {});
    expect(world.requests).toHaveLength(1);
  });

  it('before it has had keys, repeats a failed request soon, then less and less often, at most once in 900 ms', async () => {
    const { cache, world } = cacheOf();
    world.respond = down;
    const begun = world.elapsed;
    const asked: number[] = [];
    for (let ms = 0; ms <= 4_000; ms += 10) {
      world.elapsed = begun + ms;
      const before = world.requests.length;
      await expect(cache.probe()).rejects.toThrow('refuses connections');
      if (world.requests.length > before) asked.push(ms);
    }
    expect(asked).toEqual([0, 50, 150, 350, 750, 1_550, 2_450, 3_350]);
    // Once it has had them, an outage is asked about as before.
    world.respond = async () => answer({ keys: [es256] });
    world.elapsed += 1_000;
    await cache.probe();
    world.respond = down;
    const before = world.requests.length;
    for (let ms = 0; ms < 2_700; ms += 10) {
      world.elapsed += 10;
      await cache.probe().catch(() => undefined);
    }
    expect(world.requests.length - before).toBe(3);
  });

  it('answers 503, not 401, for an unknown kid while the issuer is down', async () => {
    const { cache, world } = cacheOf();
    await cache.key(kidOf(es256));
    world.respond = down;
    await expect(cache.key('perhaps-new')).rejects.toMatchObject({ code: 'identity-unavailable' });
  });

  it('answers 503, not 401, for every further unknown kid in the cooldown of one that the issuer gave no answer for', async () => {
    const { cache, world } = cacheOf();
    await cache.key(kidOf(es256));
    world.respond = down;
    const refused = {
      code: 'identity-unavailable',
      status: 503,
      message: expect.stringContaining('identity.example refuses connections') as string,
    };
    const atOnce = await Promise.allSettled([cache.key('perhaps-new'), cache.key('perhaps-new'), cache.key('perhaps-newer')]);
    expect(atOnce).toEqual(Array.from({ length: 3 }, () => ({ status: 'rejected', reason: expect.objectContaining(refused) as unknown })));
    world.elapsed += 4_999;
    await expect(cache.key('perhaps-new')).rejects.toMatchObject(refused);
    await expect(cache.key('perhaps-newest')).rejects.toMatchObject(refused);
    expect(await cache.key(kidOf(es256))).toBeDefined();
    expect(world.requests).toHaveLength(2);
    world.respond = async () => answer({ keys: [es256] });
    world.elapsed += 1;
    expect(await cache.key('perhaps-new')).toBeUndefined();
  });

  it.each([
    ['a redirect', () => answer({}, 302)],
    ['an error', () => answer({}, 500)],
    ['no JWKS', () => answer({ keys: 'none' })],
    ['a list in place of a JWKS', () => answer([es256])],
    ['more keys than anybody needs', () => answer({ keys: Array.from({ length: 193 }, (_, index) => ({ ...es256, kid: `${index}` })) })],
    ['no usable key', () => answer({ keys: [] })],
  ])('keeps the old keys when it is answered with %s', async (_, respond) => {
    const { cache, world } = cacheOf();
    await cache.key(kidOf(es256));
    world.respond = async () => respond();
    world.elapsed += 60_000;
    expect(await cache.key(kidOf(es256))).toBeDefined();
    await expect(cache.probe()).rejects.toThrow(/JWKS/);
  });

  it('takes the set of an Identity that offers six algorithms and rotates each hour: 26 keys of each', async () => {
    const ofMlDsa = { kty: 'AKP', alg: 'ML-DSA-65', use: 'sig', pub: 'A'.repeat(2_603) };
    const { cache } = cacheOf(Array.from({ length: 6 * 26 }, (_, index) => ({ ...(index % 6 === 0 ? es256 : ofMlDsa), kid: `${index}` })));
    expect(await cache.key('150')).toBeDefined();
  });

  it('waits for no answer longer than a second and a half', async () => {
    const { cache, world } = cacheOf();
    await cache.key(kidOf(es256));
    expect(world.requests.map(({ timeoutMs }) => timeoutMs)).toEqual([1_500]);
  });

  it('takes no symmetric key, no key for another algorithm or use, and no point off the curve', async () => {
    const secret = { ...(await exportJWK(await generateSecret('HS256', { extractable: true }))), alg: 'HS256', kid: 'symmetric' };
    const p384 = { ...(await exportJWK((await generateKeyPair('ES384', { extractable: true })).publicKey)), kid: 'p384' };
    const rsa = { ...(await exportJWK((await generateKeyPair('RS256', { extractable: true })).publicKey)), kid: 'rsa' };
    const refused = [
      secret,
      p384,
      rsa,
      { ...es256, kid: 'encryption', use: 'enc' },
      { ...es256, kid: 'other-alg', alg: 'ES384' },
      { ...es256, kid: 'signs-only', key_ops: ['sign'] },
      { ...es256, kid: 'off-curve', y: es256.x },
      { ...es256, kid: 'twice' },
      { ...other, kid: 'twice' },
      { ...es256, kid: 7 },
      { ...es256, kid: 'signs-until-text', signs_until: '1800000000' },
      { ...es256, kid: 'signs-until-ever', signs_until: -1 },
      { ...es256, kid: 'k'.repeat(129) },
      null,
      'key',
    ];
    const { cache } = cacheOf([...refused, other]);
    expect(await cache.key(kidOf(other))).toBeDefined();
    for (const key of refused) expect(await cache.key(String((key as JWK | null)?.kid))).toBeUndefined();
  });

  it('knows until when a key signs, where its issuer says so', async () => {
    const { cache } = cacheOf([es256, { ...other, signs_until: 1_800_000_000 }]);
    expect(await cache.key(kidOf(es256))).toMatchObject({ signsUntil: null });
    expect(await cache.key(kidOf(other))).toMatchObject({ signsUntil: 1_800_000_000_000 });
  });

  it('never takes over a private part', async () => {
    const { privateKey } = await generateKeyPair('ES256', { extractable: true });
    const { cache } = cacheOf([{ ...(await exportJWK(privateKey)), kid: 'leaked' }]);
    expect(await cache.key('leaked')).toMatchObject({ key: { type: 'public' } });
  });

  it('probes the issuer itself, not its own memory, at most once in a second', async () => {
    const { cache, world } = cacheOf();
    await cache.probe();
    await cache.probe();
    expect(world.requests).toHaveLength(1);
    world.respond = down;
    world.elapsed += 1_000;
    await expect(cache.probe()).rejects.toThrow('refuses connections');
    await expect(cache.probe()).rejects.toThrow('refuses connections');
    expect(world.requests).toHaveLength(2);
    world.respond = async () => answer({ keys: [es256] });
    world.elapsed += 1_000;
    await cache.probe();
  });

  it('after a flush, does not take what an answer brings that was asked for before it', async () => {
    const { cache, world } = cacheOf();
    const late = Promise.withResolvers<HttpsResponse>();
    world.respond = () => late.promise;
    const found = cache.key(kidOf(es256));
    await Promise.resolve();
    const flushed = cache.flush();
    world.respond = async () => answer({ keys: [other] });
    late.resolve(answer({ keys: [es256] }));
    expect(await flushed).toBe(1);
    expect([await found, world.requests.length]).toEqual([undefined, 2]);
    expect(await cache.key(kidOf(other))).toBeDefined();
    expect(cache.generation()).toBe(1);
  });
});
