import type { KmsBody } from '#client/kms/operations.ts';
import { randomText } from '#client/identity/random-text.ts';
import { answered, stateOf, statusOf, text } from '#demo/evidence/taken.ts';
import { withFlowKeys } from '#demo/world/flow-keys.ts';
import { base64url } from '#demo/world/keys.ts';
import { samePlaintext } from '#demo/world/opened.ts';

/** A key that is suspended or to be deleted does nothing, and everything as before once that is over; a version that is revoked is so for good. */
export const run = withFlowKeys(async ({ check }, kms, keys) => {
  const key = await keys.newKey('A256GCM/A256KW');
  const path = `/elastic-keys/${key.id}`;
  const plaintext = base64url(`demo ${randomText(8)}`);
  const sealed = await key.encrypt(plaintext);
  const { ciphertext } = sealed;
  const change = (state: KmsBody<'changeElasticKey'>['state']) =>
    kms.invoke('changeElasticKey', { path: { id: key.id }, body: { state } }).then(stateOf);

  await check('suspended', 'The key is disabled', 'suspended', change('suspended'));
  const refused = '409 elastic-key-suspended';
  await check('encrypt-refused', 'Encrypt while suspended', refused, key.call('encrypt', { plaintext }).then(answered));
  await check('decrypt-refused', 'Decrypt while suspended', refused, key.call('decrypt', { ciphertext }).then(answered));
  await check('rotate-refused', 'Rotate while suspended', refused, key.call('material-keys').then(answered));
  const read = kms.call('GET', path).then(statusOf);
  await check('readable', 'It can still be read', 200, read);
  const broken = kms.call('PATCH', path, { state: 'broken' }).then(answered);
  await check('unknown-state', 'Unknown state', '400 request-invalid', broken);

  await check('active', 'The key is enabled again', 'active', change('active'));
  const opened = key.call('decrypt', { ciphertext }).then((answer) => samePlaintext(sealed, answer));
  await check('opens-again', 'What it held', 'the plaintext', opened);

  const life = { path: { id: key.id } };
  const scheduled = kms.invoke('scheduleElasticKeyDeletion', life).then(stateOf);
  await check('deletion', 'The key is to be deleted', 'pending-deletion', scheduled);
  const pending = key.call('decrypt', { ciphertext }).then(answered);
  await check('deleted-refused', 'Decrypt while it waits for that', '409 elastic-key-pending-deletion', pending);
  await check('restored', 'The key is restored', 'active', kms.invoke('restoreElasticKey', life).then(stateOf));

  const kid = (await key.versions())[0]?.id ?? 'none';
  const revocation = { path: { id: key.id, kid }, body: { reason: 'key-compromise' as const } };
  await check('revoked', 'Its version is revoked', 'compromised', kms.invoke('revokeMaterialKey', revocation).then(stateOf));
  const unprotected = key.call('encrypt', { plaintext }).then(answered);
  await check('revoked-refused', 'Encrypt with it', '409 no-version-protects', unprotected);
  const renewed = key.rotate().then(() => key.encrypt(plaintext));
  const opensOnlyNew = Promise.all([
    renewed.then(async (fresh) => samePlaintext(fresh, await key.call('decrypt', { ciphertext: fresh.ciphertext }))),
    renewed.then(() => key.call('decrypt', { ciphertext })),
  ]);
  await check(
    'rotated',
    'After a rotation it opens the new, and the old no more',
    'the plaintext, 400 decryption-failed',
    opensOnlyNew.then(([opens, refusedOld]) => text(opens, ', ', answered(refusedOld))),
  );

  const signer = await keys.newKey('ES256');
  const misuse = signer.call('encrypt', { plaintext }).then(answered);
  await check('wrong-use', 'Encrypt with a signing key', '409 operation-not-allowed', misuse);
  return 'suspended, deleted, revoked · refused · active again';
});
