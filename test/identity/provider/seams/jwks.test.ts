import { generateKeyPairSync } from 'node:crypto';
import type { JWK } from 'jose';
import type { KoaContextWithOIDC } from 'oidc-provider';
import { expect, test } from 'vitest';
import { SIGNS_UNTIL } from '#infra/magic/signs-until.ts';
import { publishKeys } from '#identity/provider/seams/jwks.ts';
import { startBareProvider } from './bare-provider.ts';

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const facts = { kid: 'retired', alg: 'ES256', use: 'sig', [SIGNS_UNTIL]: 1_800_000_000 };
const configuration = { jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), ...facts }] as never } };

test('oidc-provider leaves out of its JWKS a member that it does not know', async () => {
  await using bare = await startBareProvider({ configuration });

  const { keys } = (await (await bare.send('/jwks')).json()) as { keys: object[] };

  expect(keys).toEqual([{ ...publicKey.export({ format: 'jwk' }), kid: 'retired', alg: 'ES256', use: 'sig' }]);
});

test('with the seam the JWKS has the keys as they are given, and discovery is as before', async () => {
  const key = { ...publicKey.export({ format: 'jwk' }), ...facts } as JWK;
  await using bare = await startBareProvider({
    configuration,
    install: (provider) =>
      void provider.use(async (context, next) => {
        await next();
        publishKeys(context as unknown as KoaContextWithOIDC, [key]);
      }),
  });

  const jwks = await bare.send('/jwks');
  const metadata = (await (await bare.send('/.well-known/openid-configuration')).json()) as object;

  expect(jwks.headers.get('content-type')).toContain('application/jwk-set+json');
  expect(await jwks.json()).toEqual({ keys: [key] });
  expect(metadata).toMatchObject({ issuer: expect.any(String) as string });
});
