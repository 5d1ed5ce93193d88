import { randomUUIDv7 } from 'node:crypto';
import type { HttpsResponse } from '#infra/http/client.ts';
import { keyApi } from '#client/kms/key.ts';
import { answered, equal, from, list, observed, statusOf } from '#demo/evidence/taken.ts';
import type { StepWork } from '#demo/step/step.ts';
import { realmUser, tenantAdmin } from '#demo/world/callers.ts';
import { base64url, seededKey } from '#demo/world/keys.ts';

/** Why a check cannot be made again from a record. */
const LISTS = 'two lists of many pages are held against each other';

/** State and newest version of a key. */
const shape = (key: object) => list([from(key).body('/state'), from(key).body('/latest_version')]);

/** Another tenant can neither list, read, use nor guess a key: its answers are those for an id that does not exist. */
export const run: StepWork = async ({ stack, check }) => {
  const owner = await tenantAdmin(stack);
  const other = await realmUser(stack, 'demo-other-user');
  const mine = await seededKey(owner, 'demo-encryption-key');
  const own = await seededKey(other, 'demo-other-encryption-key');
  const { ciphertext, material_key_id: kid } = await keyApi(owner, mine.id).encrypt(base64url('tenant isolation'));

  const theirs = await other.all('listElasticKeys', {});
  const owned = new Set((await owner.all('listElasticKeys', {})).map(({ id }) => id));
  await check('own', 'demo-other finds its own key in its list', 1, observed(LISTS, theirs.filter(({ id }) => id === own.id).length));
  await check('list', 'Keys of demo in it', 0, observed(LISTS, theirs.filter(({ id }) => owned.has(id)).length));
  const named = await other.invoke('listElasticKeys', { query: { name: mine.name } });
  await check('by-name', "Keys found by the name of demo's key", 0, from(named).body('/items').count);

  const requests: readonly (readonly [id: string, title: string, ask: (id: string) => Promise<HttpsResponse>])[] = [
    ['read', 'Read', (id) => other.call('GET', `/elastic-keys/${id}`)],
    ['change', 'Change', (id) => other.call('PATCH', `/elastic-keys/${id}`, { state: 'suspended' })],
    ['version', 'Read a version of', (id) => other.call('GET', `/elastic-keys/${id}/material-keys/${kid}`)],
    ['rotate', 'Rotate', (id) => other.call('POST', `/elastic-keys/${id}/material-keys`)],
    ['versions', 'List versions of', (id) => other.call('GET', `/elastic-keys/${id}/material-keys`)],
    ['jwks', 'Read the public keys of', (id) => other.call('GET', `/elastic-keys/${id}/jwks`)],
    ['encrypt', 'Encrypt with', (id) => keyApi(other, id).call('encrypt', { plaintext: base64url('x') })],
    ['decrypt', 'Decrypt with', (id) => keyApi(other, id).call('decrypt', { ciphertext })],
    ['rewrap', 'Rewrap with', (id) => keyApi(other, id).call('rewrap', { ciphertext })],
  ];
  const answers = await Promise.all(
    requests.map(async ([id, title, ask]) => ({ id, title, answers: await Promise.all([ask(mine.id), ask(randomUUIDv7())]) })),
  );
  for (const {
    id,
    title,
    answers: [foreign, absent],
  } of answers) {
    await check(`${id}-hidden`, `${title} demo's key`, 404, statusOf(foreign));
    await check(
      `${id}-same`,
      `${title} demo's key, as if it did not exist`,
      'the same answer',
      equal(from(foreign).text, from(absent).text).choose('the same answer', 'another answer'),
    );
  }
  const guessed = await other.call('GET', `/elastic-keys/${own.id}/material-keys/${kid}`);
  await check('guessed-kid', 'The id of its material key, guessed under a key of demo-other', 404, statusOf(guessed));
  const cross = keyApi(other, own.id).call('decrypt', { ciphertext });
  await check('cross-decrypt', 'Its ciphertext under a key of demo-other', '400 decryption-failed', cross.then(answered));
  const untouched = await owner.invoke('readElasticKey', { path: { id: mine.id } });
  await check('untouched', "demo's key is as it was", shape(mine), shape(untouched));
  return 'demo-other cannot list, read, use or guess keys of demo';
};
