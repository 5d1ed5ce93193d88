import { randomBytes, randomUUIDv7 } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { App } from '#infra/http/server.ts';
import { type Cryptography, registerCryptography } from '#kms/keys/operations/cryptography.ts';
import { createKeys } from '#kms/keys/keys.ts';
import { encodeBase64url } from '#kms/jose/encoding/base64url.ts';
import { withDatabases } from '#test/support/database.ts';
import { insufficientScope } from '#test/support/kms-caller.ts';
import { testKms } from '#test/support/kms-keys.ts';

type Handler = (request: { caller: object; params: object; body: object }) => Promise<Record<string, unknown>>;

/** The routes without HTTP, over a service that keeps what passes through it. */
const routesOver = (crypto: Partial<Cryptography>) => {
  const handlers = new Map<string, Handler>();
  const post = (path: string, _: unknown, handler: Handler) => void handlers.set(path.slice(path.lastIndexOf('/') + 1), handler);
  registerCryptography({ post } as unknown as App, '', crypto as Cryptography);
  return async (operation: string, body: object) => {
    const handler = handlers.get(operation);
    if (!handler) throw new Error(`no route for ${operation}`);
    return handler({ caller: {}, params: { id: randomUUIDv7() }, body });
  };
};

const ZEROES = new Uint8Array(32);
const newKey = () => crypto.getRandomValues(new Uint8Array(32));

describe('a key in the clear is zeroed', () => {
  it.each([true, false])('once it is wrapped; where that works: %s', async (works) => {
    const seen: Uint8Array[] = [];
    const call = routesOver({
      wrap: async (_caller, _id, { key }) => {
        seen.push(key);
        if (!works) throw new Error('does not work');
        return { jwe: 'jwe', materialKeyId: 'kid' };
      },
    });
    const [answer] = await Promise.allSettled([call('wrap', { key: encodeBase64url(newKey()) })]);
    expect(answer.status).toBe(works ? 'fulfilled' : 'rejected');
    expect(seen).toEqual([ZEROES]);
  });

  it('once it is answered, unwrapped or as a data key', async () => {
    const [unwrapped, dataKey] = [newKey(), newKey()];
    const texts = [unwrapped, dataKey].map(encodeBase64url);
    const call = routesOver({
      unwrap: async () => unwrapped,
      generate: async () => ({ dataKey, jwe: 'jwe', materialKeyId: 'kid' }),
    });
    expect(await call('unwrap', { wrapped_key: 'jwe' })).toEqual({ key: texts[0] });
    expect(await call('generate', { bits: 256, return_plaintext: true })).toMatchObject({ plaintext: texts[1] });
    expect([unwrapped, dataKey]).toEqual([ZEROES, ZEROES]);
  });

  it('when a data key cannot be protected', async () => {
    await using databases = await withDatabases('sqlite');
    const { barrier, rows, clock, elasticKeys, caller, make } = await testKms(databases);
    const made: Uint8Array[] = [];
    const random = (bytes: number) => {
      const value = new Uint8Array(randomBytes(bytes));
      made.push(value);
      return value;
    };
    const keys = createKeys({ barrier, rows, insufficientScope, now: () => clock.now, random });
    const { id } = await make('A256KW');
    await elasticKeys.change(caller, id, { state: 'suspended' });
    const generating = keys.crypto.generate(caller, id, { bits: 256 });
    await expect(generating).rejects.toMatchObject({ code: 'elastic-key-suspended' });
    expect(made).toEqual([ZEROES]);
  });
});
