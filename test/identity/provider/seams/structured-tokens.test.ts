import type { KoaContextWithOIDC } from 'oidc-provider';
import { errors } from 'oidc-provider';
import { expect, test } from 'vitest';
import { answerStructuredTokens, type StructuredTokenAnswers } from '#identity/provider/seams/structured-tokens.ts';
import { RECORD_PROPERTY } from '#identity/provider/records/client-metadata.ts';
import { aBareClient, startBareProvider } from './bare-provider.ts';

const JWT = `${Buffer.from('{"alg":"ES256"}').toString('base64url')}.e30.c2ln`;
const RECORD = { clientId: 'bare-client' };
const configuration = { features: { revocation: { enabled: true } }, extraClientMetadata: { properties: [RECORD_PROPERTY] } };
const client = aBareClient({ [RECORD_PROPERTY]: RECORD });

const start = (answers?: StructuredTokenAnswers) =>
  startBareProvider({
    configuration,
    client,
    install: (provider) => {
      if (answers === undefined) return;
      provider.use(async (context, next) => {
        await next();
        await answerStructuredTokens(context as unknown as KoaContextWithOIDC, answers);
      });
    },
  });

test.each(['/token/introspection', '/token/revocation'])(
  'oidc-provider authenticates the client of %s, then refuses a JWT',
  async (path) => {
    await using bare = await start();

    const [right, wrong] = [await bare.post(path, { token: JWT }), await bare.post(path, { token: JWT }, 'another')];

    expect([right.status, await right.json()]).toEqual([400, expect.objectContaining({ error: 'unsupported_token_type' })]);
    expect([wrong.status, await wrong.json()]).toEqual([401, expect.objectContaining({ error: 'invalid_client' })]);
  },
);

test('with the seam our answer takes the place of the refusal, and of no other', async () => {
  const asked: unknown[] = [];
  await using bare = await start({
    introspection: async (...parts) => {
      asked.push(parts);
      return { active: true, of: 'ours' };
    },
    revocation: async (...parts) => void asked.push(parts),
  });

  const introspected = await bare.post('/token/introspection', { token: JWT });
  const revoked = await bare.post('/token/revocation', { token: JWT });
  const others = [
    await bare.post('/token/introspection', { token: JWT }, 'another'),
    await bare.post('/token/introspection', { token: 'opaque' }),
    await bare.post('/token/introspection', {}),
  ];

  expect([introspected.status, await introspected.json()]).toEqual([200, { active: true, of: 'ours' }]);
  expect([revoked.status, await revoked.text()]).toEqual([200, '']);
  expect(others.map(({ status }) => status)).toEqual([401, 200, 400]);
  expect(asked).toEqual([
    [JWT, RECORD],
    [JWT, RECORD],
  ]);
});

test('with the seam a refusal of ours is the answer, in the form of OAuth', async () => {
  await using bare = await start({
    introspection: async () => ({}),
    revocation: () => Promise.reject(new errors.InvalidRequest('not yours')),
  });

  const refused = await bare.post('/token/revocation', { token: JWT });

  expect([refused.status, await refused.json()]).toEqual([400, { error: 'invalid_request', error_description: 'not yours' }]);
});
