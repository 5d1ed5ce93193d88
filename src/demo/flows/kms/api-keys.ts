import { randomText } from '#client/identity/random-text.ts';
import { kmsApi } from '#client/kms/kms.ts';
import type { KmsAnswer } from '#client/kms/operations.ts';
import { bearer } from '#client/session/authorization.ts';
import { answered, list, observed, stateOf } from '#demo/evidence/taken.ts';
import type { StackAccess } from '#demo/step/stack-access.ts';
import type { StepWork } from '#demo/step/step.ts';
import { tenantAdmin } from '#demo/world/callers.ts';
import { base64url } from '#demo/world/keys.ts';
import { samePlaintext } from '#demo/world/opened.ts';

const KEY = 'demo-encryption-key';

/** A service asks by an API key: made, used, rotated with an overlap, revoked, refused. */
export const run: StepWork = async ({ check, stack }) => {
  const kms = await tenantAdmin(stack);
  const scopes = ['kms:encrypt', 'kms:decrypt'];
  const made = await kms.invoke('createApiKey', { body: { name: `demo ${randomText(6)}`, scopes } });
  const one = { path: { api_key_id: made.id } };
  const service = await withApiKey(stack, made.key);
  const plaintext = base64url(`demo ${randomText(8)}`);
  const encrypt = (by: typeof service) => by.call('POST', `/elastic-keys/${KEY}/encrypt`, { plaintext });

  await check(
    'form',
    'A key is made',
    'ptk_ and 93 characters',
    observed('the form of a secret is seen in the secret alone', formOf(made.key)),
  );
  const sealed = await encrypt(service);
  const { ciphertext } = sealed.json<KmsAnswer<'encrypt'>>();
  const opened = service.call('POST', `/elastic-keys/${KEY}/decrypt`, { ciphertext });
  const text = opened.then((answer) => samePlaintext(sealed, answer));
  await check('used', 'What it encrypted it decrypts to', 'the plaintext', text);
  const listed = service.call('GET', '/elastic-keys').then(answered);
  await check('scope', 'Beyond its scopes', '403 scope-insufficient', listed);
  const hidden = kms
    .call('GET', `/api-keys/${made.id}`)
    .then((read) => observed('it looks for a part of a secret', read.text.includes(made.key.slice(47)) ? 'its secret' : 'no secret'));
  await check('hidden', 'It is read', 'no secret', hidden);
  const mistyped = await withApiKey(stack, made.key.slice(0, -1) + (made.key.endsWith('0') ? '1' : '0'));
  await check('mistyped', 'A letter mistyped', '401 api-key-invalid', encrypt(mistyped).then(answered));

  const rotated = await kms.invoke('rotateApiKey', { ...one, body: { overlap: 'PT1H' } });
  const next = await withApiKey(stack, rotated.key);
  const both = Promise.all([service, next].map((by) => encrypt(by).then(answered))).then(list);
  await check('overlap', 'Rotated with an overlap: the old secret, and the new one', ['200', '200'], both);
  const last = await withApiKey(stack, (await kms.invoke('rotateApiKey', { ...one, body: { overlap: 'PT0S' } })).key);
  const ended = Promise.all([next, last].map((by) => encrypt(by).then(answered))).then(list);
  await check('no-overlap', 'Rotated without: the old one, and the new one', ['401 api-key-invalid', '200'], ended);

  const revoked = kms.invoke('revokeApiKey', one).then(stateOf);
  await check('revoked', 'It is revoked', 'revoked', revoked);
  await check('refused', 'By the next request', '401 api-key-invalid', encrypt(last).then(answered));
  const gone = kms.call('DELETE', `/api-keys/${made.id}`).then(answered);
  await check('deleted', 'It is deleted', '204', gone);
  return 'made · used · rotated with overlap · revoked · refused';
};

const withApiKey = async (stack: StackAccess, key: string) =>
  kmsApi({ url: stack.endpoints.kms.service, session: await stack.session(), authorization: bearer(key) });

const formOf = (key: string): string => {
  const [, digits] = /^ptk_([0-9A-Za-z]{43}_[0-9A-Za-z]{49})$/.exec(key) ?? [];
  return digits === undefined ? 'another form' : `ptk_ and ${digits.length} characters`;
};
