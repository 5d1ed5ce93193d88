import { randomBytes, randomUUIDv7 } from 'node:crypto';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { writeSecret } from '#infra/files/secret-file.ts';
import { MAX_BASIC_LENGTH, MAX_SECRET_BYTES } from '#infra/secrets/credential-limits.ts';
import { loadServiceClients, serviceClientIssues, serviceClientOf, type ShownProof } from '#identity/clients/service-clients.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';

const shown = ({ authorization, commonName = null }: { authorization?: string; commonName?: string | null }): ShownProof => ({
  authorization,
  commonName: () => commonName,
});

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
  const ask = (given: string) =>
    serviceClientOf(clients, shown({ authorization: `Basic ${Buffer.from(`${id}:${given}`).toString('base64')}` }));
  return { id, secret, clients, ask, compared: () => compared };
};

it('A service client is known by its secret, and by none that differs', async () => {
  const { id, secret, clients, ask } = await setup();
  expect([ask(secret), ask(`${secret}x`), ask(''), serviceClientOf(clients, shown({}))]).toEqual([id, null, null, null]);
});

it('A secret that is longer than one may be is compared with nothing', async () => {
  const { ask, compared } = await setup();
  expect(ask('x'.repeat(MAX_SECRET_BYTES))).toBeNull();
  expect(compared()).toBe(1);
  for (const length of [MAX_SECRET_BYTES + 1, MAX_BASIC_LENGTH]) expect(ask('x'.repeat(length))).toBeNull();
  expect(compared()).toBe(1);
});

it('A service client is known by the common name of its certificate, where it has no secret, and by no secret then', async () => {
  const [id, commonName] = [`service-${randomUUIDv7()}`, `kms-${randomUUIDv7()}`];
  const clients = await loadServiceClients([{ client_id: id, certificate_common_name: commonName, may_introspect: [] }]);
  const ask = (proof: Parameters<typeof shown>[0]) => serviceClientOf(clients, shown(proof));
  expect([ask({ commonName }), ask({ commonName: `${commonName}x` }), ask({ commonName: '' }), ask({})]).toEqual([id, null, null, null]);
  const authorization = `Basic ${Buffer.from(`${id}:undefined`).toString('base64')}`;
  expect(ask({ authorization, commonName })).toBeNull();
});

it('A service client proves itself in one way, and by a certificate only where the listener asks for one', () => {
  const of = (more: object, certificates = true) =>
    serviceClientIssues([{ client_id: 'kms', may_introspect: [], ...more }], { certificates }).map(
      ({ field, message }) => `${field} ${message}`,
    );
  expect(of({ secret_file: 'secret' }, false)).toEqual([]);
  expect(of({ certificate_common_name: 'kms' })).toEqual([]);
  for (const neither of [{}, { secret_file: 'secret', certificate_common_name: 'kms' }])
    expect(of(neither)).toEqual(['/service_clients/0 has to have either secret_file or certificate_common_name']);
  expect(of({ certificate_common_name: 'kms' }, false)).toEqual([expect.stringContaining('never seen')]);
  const logIn = { name: 'KMS', redirect_uris: ['https://kms'], post_logout_redirect_uris: ['https://kms'], scopes: ['openid'] };
  expect(of({ certificate_common_name: 'kms', log_in: logIn })).toEqual([expect.stringContaining('by a secret')]);
});
