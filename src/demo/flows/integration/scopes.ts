import { keyApi } from '#client/kms/key.ts';
import { randomText } from '#client/identity/random-text.ts';
import type { KmsApi } from '#client/kms/kms.ts';
import type { HttpsResponse } from '#infra/http/client.ts';
import { from, list, statusOf, type Taken } from '#demo/evidence/taken.ts';
import type { StepWork } from '#demo/step/step.ts';
import { serviceClient } from '#demo/world/callers.ts';
import { base64url, seededKey } from '#demo/world/keys.ts';
import { CONFIDENTIAL_CLIENT, LIMITED_CLIENT } from '#demo/world/names.ts';

/** Coarse scopes grant their fine ones, a fine one only itself, one for a single key only this key, and a refusal names what is missing. */
export const run: StepWork = async ({ stack, check }) => {
  const [crypto, read, limited] = await Promise.all([
    serviceClient(stack, CONFIDENTIAL_CLIENT, 'kms:read kms:crypto'),
    serviceClient(stack, CONFIDENTIAL_CLIENT, 'kms:read'),
    serviceClient(stack, LIMITED_CLIENT, 'kms:elastic-keys:read'),
  ]);
  const { id } = await seededKey(read.kms, 'demo-encryption-key');
  // By its id: a visitor may have given the name of the seeded key to another one, which a scope by that name does not reach then.
  const ofOneKey = await serviceClient(stack, CONFIDENTIAL_CLIENT, `kms:key:${id}:encrypt`);
  const other = await seededKey(read.kms, 'demo-suspension-key');
  const plaintext = base64url('scopes');
  const encrypt = (kms: KmsApi) => keyApi(kms, id).call('encrypt', { plaintext });

  const name = `never-${randomText(6)}`;
  await Promise.all([
    check('coarse', 'kms:crypto grants encrypt', 200, encrypt(crypto.kms).then(statusOf)),
    check(
      'coarse-read',
      'kms:read grants reading material keys',
      200,
      read.kms.call('GET', `/elastic-keys/${id}/material-keys`).then(statusOf),
    ),
    check('fine', 'kms:elastic-keys:read grants reading elastic keys', 200, limited.kms.call('GET', `/elastic-keys/${id}`).then(statusOf)),
    check('no-crypto', 'Encrypt without kms:crypto', missing('kms:encrypt'), refused(encrypt(read.kms))),
    check(
      'no-write',
      'Create without kms:write',
      missing('kms:elastic-keys:create'),
      refused(crypto.kms.call('POST', '/elastic-keys', { name, algorithm: 'ES256' })),
    ),
    check(
      'no-rotate',
      'Rotate without kms:write',
      missing('kms:material-keys:rotate'),
      refused(crypto.kms.call('POST', `/elastic-keys/${id}/material-keys`)),
    ),
    check(
      'fine-only',
      'Material keys with kms:elastic-keys:read',
      missing('kms:material-keys:read'),
      refused(limited.kms.call('GET', `/elastic-keys/${id}/material-keys`)),
    ),
    check('fine-no-crypto', 'Encrypt with kms:elastic-keys:read', missing('kms:encrypt'), refused(encrypt(limited.kms))),
    check('one-key', 'A scope for one key, kms:key:{id}:encrypt, grants encrypt', 200, encrypt(ofOneKey.kms).then(statusOf)),
    check(
      'another-key',
      'and not with another key',
      missing('kms:key:demo-suspension-key:encrypt'),
      refused(keyApi(ofOneKey.kms, other.name).call('encrypt', { plaintext })),
    ),
  ]);
  await check(
    'nothing-made',
    'Keys that the refused create left',
    'none',
    read.kms.call('GET', `/elastic-keys?name=${name}`).then((page) => from(page).body('/items/0/name').or('none')),
  );
  return 'coarse ok · fine ok · one key ok · 403 names the missing scope';
};

const refused = async (answer: Promise<HttpsResponse>): Promise<Taken> => {
  const response = from(await answer);
  const error = response.header('www-authenticate').parameter('error');
  return list([response.status, response.body('/scope').or('no scope named'), error.or('no challenge')]);
};

const missing = (scope: string): readonly (string | number)[] => [403, scope, 'insufficient_scope'];
