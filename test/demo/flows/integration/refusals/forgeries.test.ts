import { createLocalJWKSet, errors, exportJWK, generateKeyPair, jwtVerify, SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { forge } from '#demo/flows/integration/refusals/forgeries.ts';
import { unique } from '#test/support/demo-engine.ts';

describe('forge', () => {
  it('makes tokens that a careful verifier refuses, each from a token that it accepts', async () => {
    const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
    const kid = unique('kid');
    const jwk = { ...(await exportJWK(publicKey)), kid, alg: 'ES256' };
    const claims = { iss: 'https://issuer.example', aud: 'urn:here', sub: unique('subject') };
    const token = await new SignJWT(claims)
      .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid })
      .setExpirationTime('1m')
      .sign(privateKey);
    const verify = (text: string) =>
      jwtVerify(text, createLocalJWKSet({ keys: [jwk] }), {
        issuer: claims.iss,
        audience: claims.aud,
        typ: 'at+jwt',
        algorithms: ['ES256'],
      });
    await expect(verify(token)).resolves.toBeDefined();
    const forgeries = await forge(token, jwk);
    const verdicts = await Promise.all(
      Object.entries(forgeries).map(async ([name, forged]) => [
        name,
        forged.split('.').length,
        await verify(forged).then(
          () => 'accepted',
          (error: unknown) => (error instanceof errors.JOSEError ? 'refused' : error),
        ),
      ]),
    );
    expect(verdicts).toEqual(Object.keys(forgeries).map((name) => [name, 3, 'refused']));
  });
});
