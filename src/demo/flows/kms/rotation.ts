import { randomUUID } from 'node:crypto';
import { randomText } from '#client/identity/random-text.ts';
import { from, present, type Taken, validOf } from '#demo/evidence/taken.ts';
import { withFlowKeys } from '#demo/world/flow-keys.ts';
import { base64url } from '#demo/world/keys.ts';
import { samePlaintext } from '#demo/world/opened.ts';

const CONTEXT = 'order=4711';

/** A rotation is made once, however often it is asked for. After it the old ciphertext still opens, new ones name the new version, and rewrap moves the old one over. */
export const run = withFlowKeys(async ({ check }, _kms, keys) => {
  const key = await keys.newKey('A256GCM/A256KW');
  const plaintext = base64url(`demo ${randomText(8)}`);
  const opened = async (ciphertext: string): Promise<Taken> =>
    samePlaintext(old, await key.call('decrypt', { ciphertext, context: CONTEXT }));

  const old = await key.encrypt(plaintext, CONTEXT);
  const once = randomUUID();
  const next = await key.rotate(once);
  const again = key.rotate(once).then((same) => from(same).body('/id'));
  await check('asked-again', 'Asked for again with its Idempotency-Key, the rotation is the same version', from(next).body('/id'), again);
  await check('old-opens', 'The old ciphertext after rotation', 'the plaintext', opened(old.ciphertext));
  const fresh = await key.encrypt(plaintext, CONTEXT);
  await check('new-kid', 'A new ciphertext names the new version', from(next).body('/id'), kidOf(fresh));
  await check('old-kid', 'the old one the old version', from(old).body('/material_key_id'), kidOf(old));

  const moved = await key.rewrap(old.ciphertext, CONTEXT);
  await check('rewrapped-kid', 'Rewrapped, it names the new version', from(next).body('/id'), kidOf(moved));
  await check('rewrap-silent', 'Rewrap shows the plaintext', false, present(from(moved).body('/plaintext')));
  await check('rewrapped-opens', 'The rewrapped ciphertext', 'the plaintext', opened(moved.ciphertext));

  const signer = await keys.newKey('ES256');
  const { jws } = await signer.sign(plaintext);
  await signer.rotate();
  await check('old-signature', 'A signature of the old version is valid', true, signer.call('verify', { jws }).then(validOf));
  await check(
    'jwks-both',
    'The exported key set holds both versions',
    2,
    signer.jwks().then((exported) => from(exported).body('/keys').count),
  );
  return 'old ciphertext opens · new kid · rewrap';
});

const kidOf = (sealed: object): Taken => from(sealed).body('/ciphertext').header('/kid');
