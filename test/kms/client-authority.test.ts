import { randomUUIDv7, X509Certificate } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createHttpsClient } from '#infra/http/client/create-https-client.ts';
import { prepareTls, type TlsStore } from '#infra/tls/authority/store.ts';
import { type KmsHouse, kmsHouse, type RunningKms, runKms } from '#test/kms/support/kms-server.ts';

const MAPPED = `worker-${randomUUIDv7()}`;
const OPERATOR = 'passthru-cli';
const CUT_OFF = { code: expect.stringMatching(/^(tls|connection)-failed$/) as string };

/** The root of everything else of a company: it signs leaves of any name for whoever works there. */
let house: KmsHouse;
let clients: TlsStore;
let kms: RunningKms;

beforeAll(async () => {
  const realms = {
    certificates: { clients: [{ common_name: MAPPED, tenant: 'demo', roles: ['user'] }] },
  };
  house = await kmsHouse({ realms, clients: { [MAPPED]: [] } });
  clients = await prepareTls({
    directory: join(house.folder, 'clients'),
    leaves: [OPERATOR, MAPPED].map((name) => ({ name, kind: 'client' as const, commonName: name })),
  });
  house.config.server.tls.client_ca = clients.caFile;
  house.config.admin.tls.client_ca = clients.caFile;
  kms = await runKms(house);
});
afterAll(async () => {
  await kms[Symbol.asyncDispose]();
  await house[Symbol.asyncDispose]();
});

/** With the certificate of this name of the authority for clients. */
const clientOf = async (name: string) => {
  const { cert, key } = clients.leaf(name);
  return createHttpsClient({ ca: house.ca, cert: await readFile(cert, 'utf8'), key: await readFile(key, 'utf8') });
};

describe('A client certificate that ends while its connection is open', () => {
  it("is nobody's from then on, for callers and for operators", async () => {
    const ended = Date.parse(new X509Certificate(await readFile(clients.leaf(MAPPED).cert)).validTo);
    let now = ended - 1;
    await using later = await runKms(house, { now: () => now });
    await using mapped = await clientOf(MAPPED);
    await using operator = await clientOf(OPERATOR);
    const ask = async () => [
      (await mapped.request({ url: `${later.url}/service/api/v1/elastic-keys` })).status,
      (await operator.request({ url: `${later.adminUrl}/admin/v1/seal-status` })).status,
      (await operator.request({ url: `${later.adminUrl}/readyz` })).status,
    ];
    expect(await ask()).toEqual([200, 200, 200]);
    now = ended + 2_000;
    expect(await ask()).toEqual([401, 403, 200]);
  });
});

describe('A KMS with an authority for clients of its own', () => {
  it('takes operators and mapped services under that authority', async () => {
    await using operator = await clientOf(OPERATOR);
    expect((await operator.request({ url: `${kms.adminUrl}/admin/v1/seal-status` })).status).toBe(200);
    await using mapped = await clientOf(MAPPED);
    expect((await mapped.request({ url: `${kms.url}/service/api/v1/elastic-keys` })).status).toBe(200);
  });

  it('cuts off a leaf of the root that servers are verified under, whatever name it has', async () => {
    const operator = await house.client(OPERATOR);
    await expect(operator.request({ url: `${kms.adminUrl}/admin/v1/seal-status` })).rejects.toMatchObject(CUT_OFF);
    const mapped = await house.client(MAPPED);
    await expect(mapped.request({ url: `${kms.url}/service/api/v1/elastic-keys` })).rejects.toMatchObject(CUT_OFF);
  });

  it('does so after its certificates were renewed, too', async () => {
    const { key, cert } = house.config.admin.tls;
    const [keyPem, certPem] = [await readFile(key, 'utf8'), await readFile(cert, 'utf8')];
    const reloaded = Promise.withResolvers<void>();
    kms.kms.admin.server.setSecureContext = new Proxy(kms.kms.admin.server.setSecureContext, {
      apply: (target, self, args) => {
        Reflect.apply(target, self, args);
        reloaded.resolve();
      },
    });
    // The same certificate in another text is a change.
    await writeFile(cert, `${certPem}\n`);
    await reloaded.promise;
    expect(await readFile(key, 'utf8')).toBe(keyPem);
    const operator = await house.client(OPERATOR);
    await expect(operator.request({ url: `${kms.adminUrl}/admin/v1/seal-status` })).rejects.toMatchObject(CUT_OFF);
    await using ours = await clientOf(OPERATOR);
    expect((await ours.request({ url: `${kms.adminUrl}/admin/v1/seal-status` })).status).toBe(200);
  });
});
