import { createLocalJWKSet, errors, exportJWK, generateKeyPair, jwtVerify, SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { forge } from '#demo/flows/forgeries.ts';
import { spansOf } from '#demo/flows/spans.ts';
import { tampered } from '#demo/flows/tampered.ts';
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

describe('tampered', () => {
  it('changes one character and the length of nothing', () => {
    const text = `aaa.bbb.${'A'.repeat(20)}`;
    const changed = tampered(text);
    expect(changed).toHaveLength(text.length);
    expect([...changed].filter((character, at) => character !== text[at])).toHaveLength(1);
  });
});

const record = (service: string, ...spans: { traceId: string; spanId: string; parentSpanId?: string }[]) => ({
  resourceSpans: [
    {
      resource: { attributes: [{ key: 'service.name', value: { stringValue: service } }] },
      scopeSpans: [{ spans: spans.map((span) => ({ ...span, name: 'work', attributes: [{ key: 'db.system.name' }] })) }],
    },
  ],
});

describe('spansOf', () => {
  it('finds the spans of one trace in all that was received, whichever service sent them', async () => {
    const [traceId, other] = [unique('trace'), unique('trace')];
    const records = async function* () {
      yield record('kms', { traceId, spanId: '2', parentSpanId: '1' }, { traceId: other, spanId: '9' });
      yield {};
      yield record('cli', { traceId, spanId: '1' });
    };
    expect(await spansOf(records(), traceId)).toEqual([
      { service: 'kms', name: 'work', id: '2', parent: '1', attributes: ['db.system.name'] },
      { service: 'cli', name: 'work', id: '1', parent: '', attributes: ['db.system.name'] },
    ]);
  });
});
