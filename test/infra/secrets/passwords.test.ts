import { pbkdf2Sync, randomUUIDv7 } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createPasswords } from '#infra/secrets/passwords.ts';
import { FOREIGN_PASSWORD, REFUSED, TAKEN } from '#test/infra/secrets/foreign-hashes.ts';
import { formatPasswordHash, parsePasswordHash } from '#infra/secrets/password-hash.ts';

const quick = { iterations: 1000 };

/** Passwords that count the rounds of a look. */
const counting = (iterations: number) => {
  let rounds = 0;
  const passwords = createPasswords({
    iterations,
    allowPlaintext: true,
    derive: async (password, salt, more) => {
      rounds += more;
      return pbkdf2Sync(password, salt, more, 32, 'sha256');
    },
  });
  const look = async (password: string, stored: string | undefined) => {
    rounds = 0;
    return { right: await passwords.verify(password, stored), rounds };
  };
  return { passwords, look };
};

const fiftyTurns = async () => {
  for (let turn = 0; turn < 50; turn += 1) await setImmediate();
  return 50;
};

describe('a password', () => {
  it('is hashed with 600,000 rounds and a salt of 32 bytes by default', async () => {
    const password = randomUUIDv7();
    const stored = await createPasswords().hash(password);
    const parsed = parsePasswordHash(stored);
    if (parsed.kind !== 'pbkdf2-sha256') throw new Error('no hash');
    expect(parsed.iterations).toBe(600_000);
    expect(parsed.salt).toHaveLength(32);
    expect(stored).not.toContain('=$');
    expect(Buffer.from(parsed.hash)).toEqual(pbkdf2Sync(password, parsed.salt, 600_000, 32, 'sha256'));
  });

  it('is verified against its hash, and another one is not', async () => {
    const passwords = createPasswords(quick);
    const password = randomUUIDv7();
    const stored = await passwords.hash(password);
    expect(await passwords.verify(password, stored)).toBe(true);
    expect(await passwords.verify(`${password} `, stored)).toBe(false);
    expect(await passwords.verify('', stored)).toBe(false);
    expect(await passwords.hash(password)).not.toBe(stored);
  });

  it('is the same in every spelling of its characters', async () => {
    const passwords = createPasswords(quick);
    const name = randomUUIDv7();
    expect(await passwords.verify(`Zoe\u0308 ${name}`, await passwords.hash(`Zo\u00eb ${name}`))).toBe(true);
  });

  it('of an unknown name is wrong, and every look costs the rounds of the configuration, right or wrong', async () => {
    const iterations = 1_000;
    const { passwords, look } = counting(iterations);
    const password = randomUUIDv7();
    const stored = await passwords.hash(password);
    expect(await look(password, stored)).toEqual({ right: true, rounds: iterations });
    for (const other of [stored, undefined, `{plaintext}${password}`])
      expect(await look('wrong', other)).toEqual({ right: false, rounds: iterations });
  });

  it('whose hash was made with fewer rounds costs as many as any other, and is right all the same', async () => {
    const password = randomUUIDv7();
    const older = await createPasswords({ iterations: 210_000 }).hash(password);
    const { look } = counting(250_000);
    expect(await look(password, older)).toEqual({ right: true, rounds: 250_000 });
    expect(await look('wrong', older)).toEqual({ right: false, rounds: 250_000 });
  });

  it('longer than the limit in bytes is refused, in whatever script', async () => {
    const passwords = createPasswords({ ...quick, maxBytes: 8 });
    await expect(passwords.hash('ééééé')).rejects.toMatchObject({ code: 'password-too-long', status: 400 });
    await expect(passwords.hash('')).rejects.toMatchObject({ code: 'password-empty', status: 400 });
    expect(await passwords.verify('ééééé', undefined)).toBe(false);
    expect(await passwords.verify('éééé', await passwords.hash('éééé'))).toBe(true);
  });

  it('stored as plaintext is taken only where that is allowed', async () => {
    const password = randomUUIDv7();
    const allowing = createPasswords({ ...quick, allowPlaintext: true });
    expect(await allowing.verify(password, `{plaintext}${password}`)).toBe(true);
    expect(await allowing.verify(randomUUIDv7(), `{plaintext}${password}`)).toBe(false);
    await expect(createPasswords(quick).verify(password, `{plaintext}${password}`)).rejects.toMatchObject({
      code: 'password-plaintext-refused',
    });
  });

  it('is not believed where its hash costs less than 210,000 rounds, or has a short salt', async () => {
    const [password, passwords] = [randomUUIDv7(), createPasswords()];
    const stored = (iterations: number, saltBytes: number) => {
      const salt = Buffer.alloc(saltBytes, 1);
      return formatPasswordHash({ iterations, salt, hash: pbkdf2Sync(password, salt, iterations, 32, 'sha256') });
    };
    expect(await passwords.verify(password, stored(210_000, 16))).toBe(true);
    for (const weak of [stored(1, 32), stored(209_999, 32), stored(210_000, 15)]) {
      await expect(passwords.verify(password, weak)).rejects.toMatchObject({ code: 'password-hash-invalid' });
    }
  });

  it('stored in a form that cannot be read is an error that does not repeat it', async () => {
    const salt = Buffer.alloc(32, 1).toString('base64').replace('=', '');
    for (const stored of [
      '',
      'plain',
      '{plaintext}',
      `$pbkdf2-sha256$i=0$${salt}$${salt}`,
      `$pbkdf2-sha256$i=99999999$${salt}$${salt}`,
      `$pbkdf2-sha256$i=1000$${salt}$AAAA`,
      `$pbkdf2-sha256$i=1000$AAAA$${salt}`,
      `$pbkdf2-sha512$i=1000$${salt}$${salt}`,
    ]) {
      const error = await createPasswords(quick)
        .verify('password', stored)
        .catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: expect.stringMatching(/^password-(hash-invalid|plaintext-refused)$/) });
      expect(String(error)).not.toContain(salt);
    }
  });

  it.each(TAKEN)('whose hash %s made is verified by it, and another one is not', async (_, stored, iterations) => {
    const parsed = parsePasswordHash(stored);
    if (parsed.kind !== 'pbkdf2-sha256') throw new Error('no hash');
    expect(parsed.iterations).toBe(iterations);
    const passwords = createPasswords();
    expect(await passwords.verify(FOREIGN_PASSWORD, stored)).toBe(true);
    expect(await passwords.verify(FOREIGN_PASSWORD, formatPasswordHash(parsed))).toBe(true);
    expect(await passwords.verify(`${FOREIGN_PASSWORD}.`, stored)).toBe(false);
  });

  it.each(REFUSED)('whose hash is of %s is not taken, and the refusal says what it is', (_, stored, says) => {
    expect(() => parsePasswordHash(stored)).toThrow(
      expect.objectContaining({ code: 'password-hash-invalid', message: expect.stringContaining(says) }) as Error,
    );
  });

  it.each([
    [
      'a salt of Django of 15 bytes',
      `pbkdf2_sha256$260000$${'s'.repeat(15)}$${Buffer.alloc(32, 1).toString('base64')}`,
      'salt of less than 16',
    ],
    ['a hash of Werkzeug of 20 bytes', `pbkdf2:sha256:260000$${'s'.repeat(16)}$${'ab'.repeat(20)}`, 'not 32 bytes long'],
    ['more rounds of passlib than any', `$pbkdf2-sha256$99999999$${'A'.repeat(22)}$${'A'.repeat(43)}`, 'more than 10000000'],
    ['Werkzeug that leaves its rounds out', `pbkdf2:sha256$${'s'.repeat(16)}$${'ab'.repeat(32)}`, 'is not of the form'],
    ['a bare base64 that only a prefix could tell from others', 'A'.repeat(64), 'is not of the form'],
  ])('is not taken with %s', (_, stored, says) => {
    expect(() => parsePasswordHash(stored)).toThrow(says);
  });

  it('is refused with 429 and Retry-After when too many wait, and taken again later', async () => {
    const passwords = createPasswords({ ...quick, concurrency: 1, maxQueued: 2 });
    const outcomes = await Promise.allSettled(Array.from({ length: 5 }, () => passwords.verify(randomUUIDv7(), undefined)));
    expect(outcomes.map((outcome) => outcome.status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled', 'rejected', 'rejected']);
    expect(outcomes[4]).toMatchObject({ reason: { code: 'password-queue-full', status: 429, headers: { 'Retry-After': '1' } } });
    expect(await passwords.verify(randomUUIDv7(), undefined)).toBe(false);
  });

  it('is stretched off the event loop', async () => {
    const hashing = createPasswords().hash(randomUUIDv7());
    const turns = await Promise.race([hashing.then(() => 0), fiftyTurns()]);
    await hashing;
    expect(turns).toBe(50);
  });
});
