import { randomUUIDv7 } from 'node:crypto';
import { expect, test } from 'vitest';
import { withCredentials, withoutCredentials } from '#identity/provider/seams/interaction-payload.ts';
import { aBareClient, startBareProvider } from './bare-provider.ts';

test('oidc-provider stores an interaction with its id in the URL that it returns to, and the seam takes it out and puts it back', async () => {
  await using bare = await startBareProvider();
  const query = new URLSearchParams({
    client_id: 'bare-client',
    response_type: 'code',
    redirect_uri: aBareClient().redirect_uris?.[0] ?? '',
    scope: 'openid',
    code_challenge: 'A'.repeat(43),
    code_challenge_method: 'S256',
  });

  await bare.send(`/auth?${query.toString()}`);
  const [payload] = bare.stored('Interaction');
  const id = String(payload?.jti);
  const kept = withoutCredentials('Interaction', id, { ...payload });

  expect(payload?.returnTo).toMatch(new RegExp(`/auth/${id}$`));
  expect(JSON.stringify(kept)).not.toContain(id);
  expect(withCredentials('Interaction', id, kept)).toEqual(JSON.parse(JSON.stringify(payload)));
});

test('oidc-provider stores an interaction with the cookie of its session, and the seam leaves it out', async () => {
  await using bare = await startBareProvider();
  const { Interaction, Session } = bare.provider;
  const [accountId, cookie] = [randomUUIDv7(), randomUUIDv7()];
  const session = Reflect.construct(Session, [{ accountId, jti: cookie }]) as object;
  const members = { session, params: {}, returnTo: 'https://issuer.passthru.example/auth/' };

  await (Reflect.construct(Interaction, [randomUUIDv7(), members]) as { save(seconds: number): Promise<string> }).save(60);
  const [payload] = bare.stored('Interaction');

  expect(payload?.session).toMatchObject({ accountId, cookie });
  expect(withoutCredentials('Interaction', String(payload?.jti), { ...payload }).session).not.toHaveProperty('cookie');
});

test('any other entity loses its id alone', () => {
  const payload = { jti: 'an-id', kind: 'AccessToken', returnTo: 'an-id' };

  const kept = withoutCredentials('AccessToken', 'an-id', payload);

  expect(kept).toEqual({ kind: 'AccessToken', returnTo: 'an-id' });
  expect(withCredentials('AccessToken', 'an-id', kept)).toEqual(payload);
});
