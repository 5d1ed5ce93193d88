import { randomUUIDv7 } from 'node:crypto';
import type { HttpsResponse } from '#infra/http/client.ts';
import { keyApi } from '#client/kms/key.ts';
import { answerOf } from '#client/kms/kms.ts';
import type { StepWork } from '#demo/step/step.ts';
import { realmUser, tenantAdmin } from '#demo/world/callers.ts';
import { base64url, seededKey } from '#demo/world/keys.ts';

/** Another tenant can neither list, read, use nor guess a key: its answers are those for an id that does not exist. */
export const run: StepWork = async ({ stack, check }) => {
  const owner = await tenantAdmin(stack);
  const other = await realmUser(stack, 'demo-other-user');
  const mine = await seededKey(owner, 'demo-encryption-key');
  const own = await seededKey(other, 'demo-other-encryption-key');
  const { ciphertext, material_key_id: kid } = await keyApi(owner, mine.id).encrypt(base64url('tenant isolation'));

  const theirs = await other.all('listElasticKeys', {});
  const owned = new Set((await owner.all('listElasticKeys', {})).map(({ id }) => id));
  await check('own', 'demo-other finds its own key in its list', 1, theirs.filter(({ id }) => id === own.id).length);
  await check('list', 'Keys of demo in it', 0, theirs.filter(({ id }) => owned.has(id)).length);
  const named = await other.invoke('listElasticKeys', { query: { name: mine.name } });
  await check('by-name', "Keys found by the name of demo's key", 0, named.items.length);

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
    await check(`${id}-hidden`, `${title} demo's key`, 404, foreign.status);
    await check(
      `${id}-same`,
      `${title} demo's key, as if it did not exist`,
      'the same answer',
      foreign.text === absent.text ? 'the same answer' : 'another answer',
    );
  }
  const guessed = await other.call('GET', `/elastic-keys/${own.id}/material-keys/${kid}`);
  await check('guessed-kid', 'The id of its material key, guessed under a key of demo-other', 404, guessed.status);
  const cross = keyApi(other, own.id).call('decrypt', { ciphertext });
  await check('cross-decrypt', 'Its ciphertext under a key of demo-other', '400 decryption-failed', cross.then(answerOf));
  const untouched = await owner.invoke('readElasticKey', { path: { id: mine.id } });
  await check('untouched', "demo's key is as it was", [mine.state, mine.latest_version], [untouched.state, untouched.latest_version]);
  return 'demo-other cannot list, read, use or guess keys of demo';
};
