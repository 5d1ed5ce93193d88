import { answerOf } from '#client/kms/kms.ts';
import type { KmsBody } from '#client/kms/operations.ts';
import { randomText } from '#client/identity/random-text.ts';
import { same } from '#demo/step/checker.ts';
import { withFlowKeys } from '#demo/world/flow-keys.ts';
import { base64url } from '#demo/world/keys.ts';

/** A suspended key does nothing; active again it does everything as before. */
export const run = withFlowKeys(async ({ check }, kms, keys) => {
  const key = await keys.newKey('A256GCM/A256KW');
  const path = `/elastic-keys/${key.id}`;
  const plaintext = base64url(`demo ${randomText(8)}`);
  const { ciphertext } = await key.encrypt(plaintext);
  const change = (state: KmsBody<'changeElasticKey'>['state']) =>
    kms.invoke('changeElasticKey', { path: { id: key.id }, body: { state } }).then((changed) => changed.state);

  await check('suspended', 'The key is disabled', 'suspended', change('suspended'));
  const refused = '409 elastic-key-suspended';
  await check('encrypt-refused', 'Encrypt while suspended', refused, key.call('encrypt', { plaintext }).then(answerOf));
  await check('decrypt-refused', 'Decrypt while suspended', refused, key.call('decrypt', { ciphertext }).then(answerOf));
  await check('rotate-refused', 'Rotate while suspended', refused, key.call('material-keys').then(answerOf));
  const read = kms.call('GET', path).then(({ status }) => status);
  await check('readable', 'It can still be read', 200, read);
  const broken = kms.call('PATCH', path, { state: 'broken' }).then(answerOf);
  await check('unknown-state', 'Unknown state', '400 request-invalid', broken);

  await check('active', 'The key is enabled again', 'active', change('active'));
  const opened = key.decrypt(ciphertext).then((got) => same('the plaintext', plaintext, got));
  await check('opens-again', 'What it held', 'the plaintext', opened);

  const signer = await keys.newKey('ES256');
  const misuse = signer.call('encrypt', { plaintext }).then(answerOf);
  await check('wrong-use', 'Encrypt with a signing key', '409 operation-not-allowed', misuse);
  return 'suspended · refused · active again';
});
