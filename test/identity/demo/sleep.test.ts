import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listen } from '#infra/http/server/listen.ts';
import { KMS_RESOURCE } from '#infra/magic/magic.ts';
import { noTelemetry } from '#infra/telemetry/no-telemetry.ts';
import { loadIdentityConfig } from '#identity/config.ts';
import { buildIdentity } from '#identity/server.ts';
import { fetchAt, identityFiles, ISSUER, KMS_CLIENT_SECRET, unique } from '#test/support/identity.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';

const basic = (name: string, secret: string): string => `Basic ${Buffer.from(`${name}:${secret}`).toString('base64')}`;
const GRANT = { grant_type: 'client_credentials', scope: 'kms:read', resource: KMS_RESOURCE };

describe('An Identity that was seeded with --demo and runs without it', () => {
  const opened = new AsyncDisposableStack();
  const warnings: string[] = [];
  let ask: (path: string, form: Record<string, string>, authorization?: string) => Promise<{ status: number; body: unknown }>;
  let fetching: typeof fetch;
  let token: string;
  beforeAll(async () => {
    const { path: directory } = opened.use(await temporaryDirectory());
    const { configFiles, tls } = await identityFiles(directory);
    const config = await loadIdentityConfig(configFiles);
    const ca = await readFile(tls.caFile, 'utf8');
    ask = async (path, form, authorization) => {
      const headers = { 'content-type': 'application/x-www-form-urlencoded', ...(authorization === undefined ? {} : { authorization }) };
      const answer = await fetching(`${ISSUER}${path}`, { method: 'POST', headers, body: new URLSearchParams(form).toString() });
      return { status: answer.status, body: await answer.json() };
    };
    const silent = noTelemetry();
    const telemetry = { ...silent, log: { ...silent.log, warn: (text: string) => void warnings.push(text) } };
    {
      await using demo = await buildIdentity({ config, telemetry: silent, demo: true });
      await demo.demo?.seed();
      const { port } = await listen(demo.app, config.server);
      await using dialled = fetchAt(port, ca);
      fetching = dialled.fetch;
      const given = await ask('/oauth2/token', GRANT, basic('demo-confidential-client', 'demo-confidential-client-password'));
      token = (given.body as { access_token?: string }).access_token ?? '';
    }
    const identity = opened.use(await buildIdentity({ config, telemetry, demo: false }));
    const { port } = await listen(identity.app, config.server);
    fetching = opened.use(fetchAt(port, ca)).fetch;
  });
  afterAll(() => opened.disposeAsync());

  it.each(['demo-confidential-client', 'demo-other-client', 'demo-short-lived-client'])(
    'refuses the right secret of %s exactly as one of a client that never was',
    async (clientId) => {
      const secret = `${clientId}-password`;
      const asleep = await ask('/oauth2/token', GRANT, basic(clientId, secret));
      expect(asleep.status).toBe(401);
      expect(asleep).toEqual(await ask('/oauth2/token', GRANT, basic(unique('client'), secret)));
    },
  );

  it('begins no log-in for a client of the demo, and says what it says of one that never was', async () => {
    const visit = async (clientId: string) => {
      const query = new URLSearchParams({ client_id: clientId, response_type: 'code', redirect_uri: 'http://127.0.0.1/callback' });
      const answer = await fetching(`${ISSUER}/oauth2/authorize?${query}`, { redirect: 'manual', headers: { accept: 'text/html' } });
      return { status: answer.status, text: (await answer.text()).replaceAll(clientId, 'CLIENT') };
    };
    const asleep = await visit('demo-public-client');
    expect(asleep.status).toBe(400);
    expect(asleep).toEqual(await visit(unique('client')));
  });

  it('calls a token that it gave a client of the demo inactive', async () => {
    expect(token).not.toBe('');
    const asked = await ask('/oauth2/introspect', { token }, basic('passthru-kms', KMS_CLIENT_SECRET));
    expect(asked).toEqual({ status: 200, body: { active: false } });
  });

  it('says once how much sleeps', () => {
    expect(warnings.filter((text) => text.includes('demo'))).toEqual([
      'demo data sleeps here, and is not found without --demo: 6 accounts, 9 clients',
    ]);
  });
});
