import { randomBytes } from 'node:crypto';
import { CompactEncrypt, compactVerify, createLocalJWKSet, type JWK } from 'jose';
import { randomText } from '#client/identity/random-text.ts';
import { answered, from, hasSecretPart, list, observed, validOf, words } from '#demo/evidence/taken.ts';
import type { StepContext } from '#demo/step/step.ts';
import { type FlowKeys, withFlowKeys } from '#demo/world/flow-keys.ts';
import { base64url } from '#demo/world/keys.ts';
import { sameMember, samePlaintext } from '#demo/world/opened.ts';
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
/** Why checks cannot be made again from a record. */
const OUTSIDE = 'jose encrypted it here, and no request sent its plaintext';
const SIGNATURE = 'jose verified the signature here, and no record holds one';

const encryption = async (keys: FlowKeys, check: Check): Promise<void> => {
  const key = await keys.newKey('A256GCM/A256KW');
  const plaintext = base64url(`demo ${randomText(8)}`);
  const sealed = await key.encrypt(plaintext, CONTEXT);
  const { ciphertext } = sealed;
  const jwe = from(sealed).body('/ciphertext');
  await check('jwe', 'A ciphertext is a compact JWE, parts', 5, jwe.parts);
  await check('jwe-header', 'its algorithms', ['A256KW', 'A256GCM'], list([jwe.header('/alg'), jwe.header('/enc')]));
  await check('jwe-kid', 'its kid names the material key', from(sealed).body('/material_key_id'), jwe.header('/kid'));
  const opened = key.call('decrypt', { ciphertext, context: CONTEXT }).then((answer) => samePlaintext(sealed, answer));
  await check('decrypted', 'Decrypted with its context', 'the plaintext', opened);

  const refused = '400 decryption-failed';
  const open = (text: string, rest: Record<string, unknown> = {}) => key.call('decrypt', { ciphertext: text, ...rest }).then(answered);
  await check('context-missing', 'No context', refused, open(ciphertext));
  await check('context-other', 'Other context', refused, open(ciphertext, { context: 'order=4712' }));
  await check('tampered', 'Tampered ciphertext', refused, open(tampered(ciphertext), { context: CONTEXT }));
  const items = [ciphertext, tampered(ciphertext)].map((text) => ({ ciphertext: text, context: CONTEXT }));
  const many = key.call('decrypt/batch', { items });
  await check(
    'batch',
    'A batch of the two opens the one and refuses the other',
    [200, 400],
    many.then((answer) => from(answer).body('/items').each('/status')),
  );
  const other = await keys.newKey('A256GCM/A256KW');
  await check('other-key', 'Other key', refused, other.call('decrypt', { ciphertext, context: CONTEXT }).then(answered));
};

/** Whoever has the public key encrypts for the KMS without a call to it. */
const encryptedOutside = async (keys: FlowKeys, check: Check): Promise<void> => {
  const key = await keys.newKey('A256GCM/ECDH-ES+A256KW');
  const exported = await key.jwks();
  const [jwk = {}] = exported.keys as readonly JWK[];
  await check(
    'agreement-jwks',
    'ECDH-ES: the exported key is for',
    'enc on P-256',
    words(from(exported).body('/keys/0/use'), 'on', from(exported).body('/keys/0/crv')),
  );
  const plaintext = base64url(`demo ${randomText(8)}`);
  const header = { alg: 'ECDH-ES+A256KW', enc: 'A256GCM', kid: jwk.kid ?? 'none' };
  const jwe = await new CompactEncrypt(Buffer.from(plaintext, 'base64url')).setProtectedHeader(header).encrypt(jwk);
  const opened = key.decrypt(jwe).then((got) => observed(OUTSIDE, got === plaintext ? 'the plaintext' : 'another plaintext'));
  await check('agreement-decrypted', 'ECDH-ES: jose encrypts with it, and the KMS decrypts', 'the plaintext', opened);
};

const signatures = async (keys: FlowKeys, check: Check, algorithm: 'ES256' | 'EdDSA'): Promise<void> => {
  const id = algorithm.toLowerCase();
  const key = await keys.newKey(algorithm);
  const payload = base64url(`demo ${randomText(8)}`);
  const signed = await key.sign(payload);
  const { jws } = signed;
  await check(`${id}-verified`, `${algorithm}: the KMS calls its signature valid`, true, key.call('verify', { jws }).then(validOf));
  await check(
    `${id}-tampered`,
    `${algorithm}: the KMS calls a changed one valid`,
    false,
    key.call('verify', { jws: tampered(jws) }).then(validOf),
  );
  const jwks = await key.jwks();
  const parts = jwks.keys.map((each) => hasSecretPart(each).choose('secret', 'public'));
  await check(`${id}-jwks`, `${algorithm}: the exported key set is`, ['public'], list(parts));
  const outside = compactVerify(jws, createLocalJWKSet(jwks));
  await check(
    `${id}-outside`,
    `${algorithm}: jose verifies it with the exported key, kid`,
    from(signed).body('/material_key_id'),
    outside.then(({ protectedHeader }) => observed(SIGNATURE, protectedHeader.kid ?? 'none')),
  );
  const read = outside.then((result) => {
    const got = Buffer.from(result.payload).toString('base64url');
    return observed(SIGNATURE, got === payload ? 'the payload' : 'another payload');
  });
  await check(`${id}-payload`, `${algorithm}: and reads`, 'the payload', read);
};

const wrapping = async (keys: FlowKeys, check: Check): Promise<void> => {
  const key = await keys.newKey('A256KW');
  const secret = randomBytes(32).toString('base64url');
  const wrapping = await key.wrap(secret);
  await check('wrapped', 'A wrapped key is a compact JWE, parts', 5, from(wrapping).body('/wrapped_key').parts);
  const unwrapped = key
    .call('unwrap', { wrapped_key: wrapping.wrapped_key })
    .then((answer) => sameMember('the key', from(wrapping).sent('/key'), { answer, at: '/key' }));
  await check('unwrapped', 'Unwrapped it is', 'the key', unwrapped);

  const data = await key.generate(256);
  await check(
    'data-key',
    'A data key has bytes',
    32,
    observed('the length of a secret is seen in the secret alone', Buffer.from(data.plaintext ?? '', 'base64url').length),
  );
  const again = key
    .call('unwrap', { wrapped_key: data.ciphertext })
    .then((answer) => sameMember('the data key', from(data).body('/plaintext'), { answer, at: '/key' }));
  await check('data-key-unwrapped', 'Its protected form gives back', 'the data key', again);
};
