import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { startTestIdentity } from '#test/support/identity.ts';
import { reservePorts } from '#test/support/ports.ts';
import { startApache, whyNoApache } from '#test/support/recipes/apache.ts';
import { openDesktop } from '#test/support/recipes/desktop.ts';

const lack = whyNoApache();
if (lack !== null) console.log(lack);

interface Shown {
  readonly OIDC_CLAIM_name: string;
  readonly OIDC_access_token: string;
  readonly OIDC_id_token: string;
}

it.skipIf(lack !== null)(
  'The recipe for mod_auth_openidc logs in, refreshes, guards a resource by introspection, and log-out revokes',
  async () => {
    const { identity: port } = await reservePorts();
    const issuer = `https://localhost:${port}`;
    await using identity = await startTestIdentity({ issuer, overlay: { server: { port } } });
    await using apache = await startApache({ issuer, ca: identity.tls.caFile });
    await using desktop = openDesktop(await readFile(identity.tls.caFile, 'utf8'));
    const ask = async (token: string) => {
      const { status, text } = await desktop.session.get(`${apache.origin}/resource/`, { authorization: `Bearer ${token}` });
      return status === 200 ? text : status;
    };

    const first = (await desktop.open(`${apache.origin}/`)).json<Shown>();
    const hook = new URLSearchParams({ refresh: `${apache.origin}/`, access_token: first.OIDC_access_token });
    const fresh = (await desktop.open(`${apache.origin}/callback?${hook}`)).json<Shown>();
    const [accepted, idToken] = [await ask(fresh.OIDC_access_token), await ask(fresh.OIDC_id_token)];
    const out = await desktop.open(`${apache.origin}/callback?${new URLSearchParams({ logout: `${apache.origin}/logged-out` })}`);

    expect(first.OIDC_CLAIM_name).toBe('Demo User');
    expect(fresh.OIDC_access_token).not.toBe(first.OIDC_access_token);
    expect([accepted, idToken]).toEqual(['openid profile offline_access kms:read', 401]);
    expect(out.text).toBe('Logged out');
    expect(await ask(fresh.OIDC_access_token)).toBe(401);
  },
);
