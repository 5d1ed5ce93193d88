import { randomUUID } from 'node:crypto';
import { decodeProtectedHeader } from 'jose';
import { randomText } from '#client/identity/random-text.ts';
import { same } from '#demo/step/checker.ts';
import { withFlowKeys } from '#demo/world/flow-keys.ts';
import { base64url } from '#demo/world/keys.ts';

const CONTEXT = 'order=4711';

/** A rotation is made once, however often it is asked for. After it the old ciphertext still opens, new ones name the new version, and rewrap moves the old one over. */
export const run = withFlowKeys(async ({ check }, _kms, keys) => {
  const key = await keys.newKey('A256GCM/A256KW');
  const plaintext = base64url(`demo ${randomText(8)}`);
  const opened = async (ciphertext: string): Promise<string> => same('the plaintext', plaintext, await key.decrypt(ciphertext, CONTEXT));

  const old = await key.encrypt(plaintext, CONTEXT);
  const once = randomUUID();
  const next = await key.rotate(once);
  const again = key.rotate(once).then(({ id }) => id);
  await check('asked-again', 'Asked for again with its Idempotency-Key, the rotation is the same version', next.id, again);
  await check('old-opens', 'The old ciphertext after rotation', 'the plaintext', opened(old.ciphertext));
  const fresh = await key.encrypt(plaintext, CONTEXT);
  await check('new-kid', 'A new ciphertext names the new version', next.id, kidOf(fresh.ciphertext));
  await check('old-kid', 'the old one the old version', old.material_key_id, kidOf(old.ciphertext));

  const moved = await key.rewrap(old.ciphertext, CONTEXT);
  await check('rewrapped-kid', 'Rewrapped, it names the new version', next.id, kidOf(moved.ciphertext));
  await check('rewrap-silent', 'Rewrap shows the plaintext', false, 'plaintext' in moved);
  await check('rewrapped-opens', 'The rewrapped ciphertext', 'the plaintext', opened(moved.ciphertext));

  const signer = await keys.newKey('ES256');
  const { jws } = await signer.sign(plaintext);
  await signer.rotate();
  await check('old-signature', 'A signature of the old version is valid', true, signer.verify(jws));
  await check(
    'jwks-both',
    'The exported key set holds both versions',
    2,
    signer.jwks().then(({ keys }) => keys.length),
  );
  return 'old ciphertext opens · new kid · rewrap';
});

const kidOf = (ciphertext: string): string => decodeProtectedHeader(ciphertext).kid ?? 'none';
