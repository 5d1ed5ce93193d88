import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isCanonicalUuid } from '#infra/magic/uuid.ts';
import { type AlgorithmName, algorithmOf } from '#kms/jose/algorithms.ts';
import vectors from '#test/kms/jose/rfc-vectors.json' with { type: 'json' };
import { importedKey } from '#test/kms/support/imported-key.ts';
import { type Call, keyRoutes } from '#test/kms/support/key-routes.ts';
import { withDatabases } from '#test/support/database.ts';
import { testKms } from '#test/support/kms-keys.ts';
import { makePki } from '#test/support/pki.ts';
import refused from './rfc-refused.json' with { type: 'json' };
import signatures from './rfc-signatures.json' with { type: 'json' };

const opened = new AsyncDisposableStack();
let call: Call;
/** As a user of another tenant, where each kid can be once more. */
let foreign: Call;
beforeAll(async () => {
  const pki = opened.use(await makePki());
  const kms = await testKms(opened.use(await withDatabases('sqlite')));
  ({ call, foreign } = opened.use(await keyRoutes(kms, pki)));
});
afterAll(() => opened.disposeAsync());

type Jwk = Readonly<Record<string, string>>;

const base64url = (text: string): string => Buffer.from(text).toString('base64url');
const kidOf = (text: string): string =>
  (JSON.parse(Buffer.from(text.split('.')[0] ?? '', 'base64url').toString()) as { readonly kid: string }).kid;

/** What an elastic key of an algorithm is created with. */
const creationOf = (name: string): Record<string, unknown> => {
  const { base, key } = algorithmOf(name as AlgorithmName);
  if (key.kind === 'symmetric') return { algorithm: base };
  return { algorithm: base, ...(key.size !== null && { key_size: key.size }), ...(key.curve !== null && { curve: key.curve }) };
};

const ofKind = (kind: 'jwe' | 'jws') => vectors.filter(({ algorithm }) => algorithmOf(algorithm as AlgorithmName).jose.kind === kind);
const [jwe, jws] = [ofKind('jwe'), ofKind('jws')];

/** Schemes without randomness. */
const deterministic = ['RS256', 'EdDSA', 'HS256'];

describe('The examples of the standards, over HTTP', () => {
  it.each(jwe.map((vector) => [vector.source, vector.algorithm, vector] as const))(
    '%s: %s is decrypted with its key, which was imported with its kid',
    async (_source, algorithm, { key, text, content }) => {
      const { id } = await importedKey(call, { create: creationOf(algorithm), jwk: key as unknown as Jwk, kid: kidOf(text) });
      const answer = await call('POST', `${id}/decrypt`, { ciphertext: text });
      expect(answer).toMatchObject({ status: 200, body: { plaintext: base64url(content) } });
      const again = (await call('POST', `${id}/encrypt`, { plaintext: base64url(content) })).body;
      const [kid, version] = [kidOf(text), String(again['material_key_id'])];
      expect(version === kid).toBe(isCanonicalUuid(kid));
      expect((await call('GET', `${id}/material-keys/${version}`)).body['imported_kid']).toBe(isCanonicalUuid(kid) ? null : kid);
      // By the memory of the process now, and by the database before.
      expect((await call('POST', `${id}/decrypt`, { ciphertext: text })).body).toMatchObject({ plaintext: base64url(content) });
    },
  );

  it.each(jws.map((vector) => [vector.source, vector.algorithm, vector] as const))(
    '%s: %s is verified, attached and (section 4.5) detached, and made again byte for byte where the kid is an id',
    async (_source, algorithm, { key, text, content }) => {
      const { id } = await importedKey(call, { create: creationOf(algorithm), jwk: key as unknown as Jwk, kid: kidOf(text) });
      const payload = base64url(content);
      expect((await call('POST', `${id}/verify`, { jws: text })).body).toMatchObject({ valid: true, payload });
      const isSame = isCanonicalUuid(kidOf(text)) && deterministic.includes(algorithm);
      const again = await call('POST', `${id}/sign`, { payload });
      expect(again.body['jws'] === text).toBe(isSame);
      const [header, , signature] = text.split('.');
      const detached = `${header ?? ''}..${signature ?? ''}`;
      expect((await call('POST', `${id}/sign`, { payload, detached: true })).body['jws'] === detached).toBe(isSame);
      expect((await call('POST', `${id}/verify`, { jws: detached, payload })).body).toMatchObject({ valid: true });
      expect((await call('POST', `${id}/verify`, { jws: detached })).body).toEqual({ valid: false });
    },
  );

  it('are all of RFC 7520 that no refusal names', () => {
    const sections = [...jws, ...jwe].flatMap(({ source }) => source.match(/^RFC 7520 section (.*)/)?.[1] ?? []);
    expect(sections).toEqual(['4.1', '4.2', '4.3', '4.4', '5.4', '5.5', '5.6', '5.7', '5.8']);
  });

  it.each(signatures.map((vector) => [vector.source, vector.algorithm, vector] as const))(
    '%s: the signature of %s over its signing input is verified as one over bytes, and made again where it has no randomness',
    async (_source, algorithm, { key, input, signature }) => {
      const isMac = algorithm === 'HS256';
      const rsa = key.kty === 'RSA' ? { key_size: 2048 } : {};
      const create = { algorithm, use: isMac ? 'mac' : 'sign-raw', ...rsa };
      const { id, kid } = await importedKey(call, { create, jwk: key as unknown as Jwk });
      const encoding = algorithm.startsWith('ES') ? { encoding: 'p1363' } : {};
      const [make, check, member] = isMac ? ['mac', 'mac-verify', 'mac'] : ['sign-raw', 'verify-raw', 'signature'];
      const message = { payload: base64url(input), ...encoding };
      const verify = (text: string) => call('POST', `${id}/${check}`, { ...message, [member]: text, material_key_id: kid });
      expect((await verify(signature)).body).toEqual({ valid: true });
      expect((await verify(`${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`)).body).toEqual({ valid: false });
      const made = (await call('POST', `${id}/${make}`, message)).body;
      expect(made[member] === signature).toBe(deterministic.includes(algorithm));
      expect((await verify(String(made[member]))).body).toEqual({ valid: true });
    },
  );

  it('of what is refused get one and the same answer, that with the right key too', async () => {
    const aes = { kty: 'oct', k: 'GZy6sIZ6wl9NJOKB-jnmVQ' };
    const { id } = await importedKey(foreign, {
      create: { algorithm: 'A128GCM/A128KW' },
      jwk: aes,
      kid: '81b20965-8332-43d9-a468-82160ad91ac8',
    });
    const answers = await Promise.all(
      [...refused.map(({ text }) => text), 'x'].map((ciphertext) => foreign('POST', `${id}/decrypt`, { ciphertext })),
    );
    const [first] = answers;
    expect(first).toMatchObject({ status: 400, body: { code: 'decryption-failed' } });
    for (const { status, body } of answers) expect([status, body]).toEqual([first?.status, first?.body]);
  });

  it('of key management that is broken are of no key that can be made', async () => {
    for (const algorithm of ['A128CBC-HS256/RSA1_5', 'A256GCM/RSA-OAEP', 'A128CBC-HS256/PBES2-HS512+A256KW', 'none']) {
      const answer = await call('POST', '', { name: 'refused', algorithm });
      expect(answer).toMatchObject({
        status: 400,
        body: { errors: [{ field: '/algorithm', message: expect.stringContaining('is refused') }] },
      });
    }
  });
});
