import { randomBytes } from 'node:crypto';
import { CompactEncrypt, compactVerify, createLocalJWKSet, decodeProtectedHeader, type JWK } from 'jose';
import { answerOf } from '#client/kms/kms.ts';
import { randomText } from '#client/identity/random-text.ts';
import { same } from '#demo/step/checker.ts';
import type { StepContext } from '#demo/step/step.ts';
import { type FlowKeys, withFlowKeys } from '#demo/world/flow-keys.ts';
import { base64url } from '#demo/world/keys.ts';
import { tampered } from './tampered.ts';

/** Encrypts, signs, wraps and makes data keys; a second implementation (`jose` alone) checks what can be checked outside. */
export const run = withFlowKeys(async ({ check }, _kms, keys) => {
  await encryption(keys, check);
  await signatures(keys, check, 'ES256');
  await signatures(keys, check, 'EdDSA');
  await encryptedOutside(keys, check);
  await wrapping(keys, check);
  return 'encrypt · sign · wrap · data key · jose verifies too';
});

type Check = StepContext['check'];
const CONTEXT = 'order=4711';

const encryption = async (keys: FlowKeys, check: Check): Promise<void> => {
  const key = await keys.newKey('A256GCM/A256KW');
  const plaintext = base64url(`demo ${randomText(8)}`);
  const { ciphertext, material_key_id: kid } = await key.encrypt(plaintext, CONTEXT);
  const header = decodeProtectedHeader(ciphertext);
  await check('jwe', 'A ciphertext is a compact JWE, parts', 5, ciphertext.split('.').length);
  await check('jwe-header', 'its algorithms', ['A256KW', 'A256GCM'], [header.alg ?? 'none', String(header['enc'])]);
  await check('jwe-kid', 'its kid names the material key', kid, header.kid ?? 'none');
  const opened = key.decrypt(ciphertext, CONTEXT).then((got) => same('the plaintext', plaintext, got));
  await check('decrypted', 'Decrypted with its context', 'the plaintext', opened);

  const refused = '400 decryption-failed';
  const open = (text: string, rest: Record<string, unknown> = {}) => key.call('decrypt', { ciphertext: text, ...rest }).then(answerOf);
  await check('context-missing', 'No context', refused, open(ciphertext));
  await check('context-other', 'Other context', refused, open(ciphertext, { context: 'order=4712' }));
  await check('tampered', 'Tampered ciphertext', refused, open(tampered(ciphertext), { context: CONTEXT }));
  const items = [ciphertext, tampered(ciphertext)].map((text) => ({ ciphertext: text, context: CONTEXT }));
  const many = key.call('decrypt/batch', { items }).then((response) => response.json<{ items: { status: number }[] }>().items);
  await check(
    'batch',
    'A batch of the two opens the one and refuses the other',
    [200, 400],
    many.then((all) => all.map(({ status }) => status)),
  );
  const other = await keys.newKey('A256GCM/A256KW');
  await check('other-key', 'Other key', refused, other.call('decrypt', { ciphertext, context: CONTEXT }).then(answerOf));
};

/** Whoever has the public key encrypts for the KMS without a call to it. */
const encryptedOutside = async (keys: FlowKeys, check: Check): Promise<void> => {
  const key = await keys.newKey('A256GCM/ECDH-ES+A256KW');
  const [jwk = {}] = (await key.jwks()).keys as readonly JWK[];
  await check('agreement-jwks', 'ECDH-ES: the exported key is for', 'enc on P-256', `${jwk.use} on ${jwk.crv}`);
  const plaintext = base64url(`demo ${randomText(8)}`);
  const header = { alg: 'ECDH-ES+A256KW', enc: 'A256GCM', kid: jwk.kid ?? 'none' };
  const jwe = await new CompactEncrypt(Buffer.from(plaintext, 'base64url')).setProtectedHeader(header).encrypt(jwk);
  const opened = key.decrypt(jwe).then((got) => same('the plaintext', plaintext, got));
  await check('agreement-decrypted', 'ECDH-ES: jose encrypts with it, and the KMS decrypts', 'the plaintext', opened);
};

const signatures = async (keys: FlowKeys, check: Check, algorithm: 'ES256' | 'EdDSA'): Promise<void> => {
  const id = algorithm.toLowerCase();
  const key = await keys.newKey(algorithm);
  const payload = base64url(`demo ${randomText(8)}`);
  const { jws, material_key_id: kid } = await key.sign(payload);
  await check(`${id}-verified`, `${algorithm}: the KMS calls its signature valid`, true, key.verify(jws));
  await check(`${id}-tampered`, `${algorithm}: and a changed one`, false, key.verify(tampered(jws)));
  const jwks = await key.jwks();
  const parts = jwks.keys.map((each) => (['d', 'k', 'p', 'q'].some((part) => part in each) ? 'secret' : 'public'));
  await check(`${id}-jwks`, `${algorithm}: the exported key set is`, ['public'], parts);
  const outside = compactVerify(jws, createLocalJWKSet(jwks));
  await check(
    `${id}-outside`,
    `${algorithm}: jose verifies it with the exported key, kid`,
    kid,
    outside.then(({ protectedHeader }) => protectedHeader.kid ?? 'none'),
  );
  const read = outside.then((result) => same('the payload', payload, Buffer.from(result.payload).toString('base64url')));
  await check(`${id}-payload`, `${algorithm}: and reads`, 'the payload', read);
};

const wrapping = async (keys: FlowKeys, check: Check): Promise<void> => {
  const key = await keys.newKey('A256KW');
  const secret = randomBytes(32).toString('base64url');
  const { wrapped_key: wrapped } = await key.wrap(secret);
  await check('wrapped', 'A wrapped key is a compact JWE, parts', 5, wrapped.split('.').length);
  const unwrapped = key.unwrap(wrapped).then((got) => same('the key', secret, got));
  await check('unwrapped', 'Unwrapped it is', 'the key', unwrapped);

  const data = await key.generate(256);
  await check('data-key', 'A data key has bytes', 32, Buffer.from(data.plaintext ?? '', 'base64url').length);
  const again = key.unwrap(data.ciphertext).then((got) => same('the data key', data.plaintext, got));
  await check('data-key-unwrapped', 'Its protected form gives back', 'the data key', again);
};
