import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { identityClients } from '#client/admin/identity-clients.ts';
import { createHttpsClient } from '#infra/http/client/create-https-client.ts';
import { ADMIN_PORT_OFFSET } from '#infra/magic/magic.ts';
import { prepareTls } from '#infra/tls/authority/store.ts';
import { aNetwork, NODE_IMAGE, nodeContainer } from '#test/e2e/relying-party/containers.ts';
import { dockerImages } from '#test/support/docker.ts';
import { ROOT } from '#test/support/engine.ts';
import { identityFiles } from '#test/support/identity.ts';
import { reservePorts } from '#test/support/ports.ts';
import { openDesktop } from '#test/support/recipes/desktop.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';

const [IDENTITY, SHOP] = ['identity.passthru.example', 'shop.passthru.example'];
const CLIENT = 'shop';

describe.runIf(await dockerImages(NODE_IMAGE))('An application in a container', () => {
  it('logs people in by an Identity in another one, proves itself by the key at its jwks_uri, and is told of their log-out', async () => {
    await using folder = await temporaryDirectory();
    const [ports, tls] = [
      await reservePorts(),
      await prepareTls({
        directory: join(folder.path, 'authority'),
        leaves: [
          { name: 'identity', kind: 'server', commonName: 'identity', names: [IDENTITY] },
          { name: 'shop', kind: 'server', commonName: 'shop', names: [SHOP] },
          { name: 'operator', kind: 'client', commonName: 'passthru-cli' },
        ],
      }),
    ];
    const [issuer, origin] = [`https://${IDENTITY}:${ports.identity}`, `https://${SHOP}:${ports.kms}`];
    const adminPort = ports.identity + ADMIN_PORT_OFFSET;
    const listener = { host: '0.0.0.0', tls: tls.leaf('identity') };
    const overlay = {
      server: { ...listener, port: ports.identity },
      admin: { ...listener, port: adminPort, allowed_clients: ['passthru-cli'] },
      outgoing: { origins: [origin] },
    };
    const { configFiles } = await identityFiles(folder.path, overlay, issuer);
    const settings = join(folder.path, 'shop.json');
    await writeFile(settings, JSON.stringify({ issuer, origin, clientId: CLIENT, tls: tls.leaf('shop') }));

    await using network = await aNetwork();
    const at = { network: network.name, folder: folder.path };
    await using identity = await nodeContainer({
      ...at,
      name: IDENTITY,
      ports: [ports.identity, adminPort],
      args: [join(ROOT, 'bin/passthru.js'), 'serve', 'identity', '--demo', '--config', ...configFiles],
    });
    await using shop = await nodeContainer({
      ...at,
      name: SHOP,
      ports: [ports.kms],
      env: { NODE_EXTRA_CA_CERTS: tls.caFile },
      args: [join(ROOT, 'test/e2e/relying-party/relying-party.mjs'), settings],
    });

    // Their names lead a browser and an operator on this machine to the ports that they publish.
    const ca = await readFile(tls.caFile, 'utf8');
    const lookup: Parameters<typeof openDesktop>[1] = (_name, _options, found) => found(null, [{ address: '127.0.0.1', family: 4 }]);
    await using desktop = openDesktop(ca, lookup);
    const statusOf = (url: string): Promise<number> =>
      desktop.session.get(url).then(
        ({ status }) => status,
        () => 0,
      );
    await expect.poll(() => Promise.all([statusOf(`${issuer}/readyz`), statusOf(`${origin}/jwks`)])).toEqual([200, 200]);
    const { cert, key } = tls.leaf('operator');
    await using operator = createHttpsClient({ ca, cert: await readFile(cert), key: await readFile(key), lookup });
    await identityClients({ url: `https://${IDENTITY}:${adminPort}`, client: operator }).create({
      client_id: CLIENT,
      name: 'Shop',
      token_endpoint_auth_method: 'private_key_jwt',
      jwks_uri: `${origin}/jwks`,
      grant_types: ['authorization_code', 'refresh_token'],
      redirect_uris: [`${origin}/callback`],
      backchannel_logout_uri: `${origin}/log-out`,
      scopes: ['openid', 'profile', 'offline_access', 'kms:read'],
      rotate_refresh_tokens: false,
    });

    const page = await desktop.open(`${origin}/login`);
    expect([page.status, page.text], await shop.logs()).toEqual([200, expect.any(String)]);
    expect(page.json()).toEqual({ sid: expect.any(String), name: 'Demo User', scope: 'openid profile offline_access kms:read' });

    await desktop.open(`${issuer}/oidc/logout`);
    await expect.poll(() => statusOf(`${origin}/`)).toBe(401);
    expect(await identity.logs()).toContain('a client was told of a log-out');
  });
});
