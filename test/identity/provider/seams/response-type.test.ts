import { expect, test } from 'vitest';
import { nameResponseType } from '#identity/provider/seams/response-type.ts';
import { aBareClient, startBareProvider } from './bare-provider.ts';

/** The error that goes to the client. */
const errorOf = async (type: string | undefined, { seam }: { readonly seam: boolean }): Promise<string | null> => {
  await using bare = await startBareProvider({
    client: aBareClient({ response_modes: ['query'] }),
    configuration: { responseTypes: ['code'] },
    ...(seam && { install: (provider) => nameResponseType(provider, ['code']) }),
  });
  const query = new URLSearchParams({
    client_id: 'bare-client',
    redirect_uri: 'https://client.passthru.example/callback',
    scope: 'openid',
    prompt: 'none',
    ...(type !== undefined && { response_type: type }),
  });
  const { headers } = await bare.send(`/auth?${query.toString()}`);
  const { searchParams, hash } = new URL(headers.get('location') ?? '');
  const answer = new URLSearchParams([...searchParams, ...new URLSearchParams(hash.slice(1))]);
  return `${answer.get('error') ?? ''}: ${answer.get('error_description') ?? ''}`;
};

test('oidc-provider says of a wrong or missing response type that its mode is not allowed', async () => {
  expect(await errorOf(undefined, { seam: false })).toContain('response_mode');
  expect(await errorOf('token', { seam: false })).toContain('response_mode');
});

test('with the seam it is named as that, and another error is as it was', async () => {
  expect(await errorOf(undefined, { seam: true })).toBe("invalid_request: missing required parameter(s) 'response_type'");
  expect(await errorOf('token', { seam: true })).toContain('unsupported_response_type');
  expect(await errorOf('none of them', { seam: true })).toContain('unsupported_response_type');
  expect(await errorOf('code', { seam: true })).toMatch(/^(invalid_request: Authorization Server policy|login_required)/);
});
