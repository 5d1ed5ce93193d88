import { randomBytes, randomUUIDv7 } from 'node:crypto';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { writeSecret } from '#infra/files/secret-file.ts';
import { MAX_BASIC_LENGTH, MAX_SECRET_BYTES } from '#infra/secrets/credential-limits.ts';
import { loadServiceClients, serviceClientOf } from '#identity/clients/service-clients.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';

/** A service client that counts the secrets that were compared with its own. */
const setup = async () => {
  await using directory = await temporaryDirectory();
  const [id, secret, file] = [`service-${randomUUIDv7()}`, randomBytes(32).toString('base64url'), join(directory.path, 'secret')];
  await writeSecret(file, secret);
  const loaded = await loadServiceClients([{ client_id: id, secret_file: file, may_introspect: [] }]);
  let compared = 0;
  const clients = new Map(
    [...loaded].map(([name, service]) => {
      const verifySecret = (given: string): boolean => {
        compared += 1;
        return service.verifySecret(given);
      };
      return [name, { ...service, verifySecret }];
    }),
  );
  const ask = (given: string) => serviceClientOf(clients, `Basic ${Buffer.from(`${id}:${given}`).toString('base64')}`);
  return { id, secret, clients, ask, compared: () => compared };
};

it('A service client is known by its secret, and by none that differs', async () => {
  const { id, secret, clients, ask } = await setup();
  expect([ask(secret), ask(`${secret}x`), ask(''), serviceClientOf(clients, undefined)]).toEqual([id, null, null, null]);
});

it('A secret that is longer than one may be is compared with nothing', async () => {
  const { ask, compared } = await setup();
  expect(ask('x'.repeat(MAX_SECRET_BYTES))).toBeNull();
  expect(compared()).toBe(1);
  for (const length of [MAX_SECRET_BYTES + 1, MAX_BASIC_LENGTH]) expect(ask('x'.repeat(length))).toBeNull();
  expect(compared()).toBe(1);
});
