import { ALONE } from '#infra/workers/workers.ts';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openDatabases } from '#infra/database/open/open-databases.ts';
import type { FineScope } from '#infra/magic/magic.ts';
import { noTelemetry } from '#infra/telemetry/no-telemetry.ts';
import type { FastifyRequest } from 'fastify';
import { credentialOf } from '#kms/access/guard/credentials.ts';
import { openAccess } from '#kms/access/guard/open-access.ts';
import type { PeerCertificate } from '#kms/access/peer-certificate.ts';
import { createUserLeases } from '#kms/access/realms/user-leases.ts';
import { BROWSER_PREFIX } from '#kms/api/browser-routes.ts';
import { SERVICE_PREFIX } from '#kms/api/service-routes.ts';
import { openBarrier } from '#kms/barrier/open-barrier.ts';
import { readUnsealKey } from '#kms/barrier/unseal-key.ts';
import type { KmsConfig } from '#kms/config.ts';
import { serviceMigrations } from '#kms/database/migrations.ts';
import type { ServiceTables } from '#kms/database/service-tables.ts';
import { createRowIntegrity } from '#kms/integrity/create-row-integrity.ts';
import { withLedger } from '#kms/integrity/with-ledger.ts';
import { createTenantDirectory } from '#kms/tenants/create-directory.ts';
import { browserAt, OWN, withBrowser } from '#test/kms/support/browser.ts';
import { basic, bearer, type KmsHouse, kmsHouse, type RunningKms, runKms } from '#test/kms/support/kms-server.ts';
import type { CallerData } from './caller-thread.ts';
import { callersOf, each } from './processor-time.ts';
import type { Compared, Comparison } from './suite.ts';

const ROUNDS = 5;
const CALLS = 500;
const AUTHENTICATIONS = 2_000;
/** Of the processor time of an encrypt call. */
const AIM = 0.2;

const ENCRYPT = '/elastic-keys/demo-encryption-key/encrypt';
const SCOPE: FineScope = 'kms:encrypt';
const CLIENT = 'demo-service';

/** All that finds out who asks, over the databases of a KMS that runs, as in a replica of it. */
const accessTo = async (house: KmsHouse, databases: Awaited<ReturnType<typeof openDatabases>>) => {
  const { config } = house;
  const own = await databases.open<ServiceTables>('service', serviceMigrations);
  const barrier = await openBarrier({ databases, service: own, unsealKey: await readUnsealKey(config.unseal), now: Date.now });
  const rows = createRowIntegrity({ barrier });
  const elapsed = () => performance.now();
  return openAccess({
    config,
    demo: true,
    barrier,
    locks: databases,
    service: withLedger(own, rows.service),
    rows,
    userLeases: createUserLeases({ elapsed }),
    tenants: createTenantDirectory({ databases, service: own.db, rows, demo: true }),
    telemetry: noTelemetry(),
    emit: () => {},
    now: Date.now,
    elapsed,
    closing: new AbortController().signal,
    workers: ALONE,
  });
};

/** The headers with which a page of somebody who is logged in asks. */
const sessionAt = async (kms: RunningKms): Promise<Record<string, string>> => {
  const browser = browserAt(kms);
  await browser.logIn('demo-user');
  const token = await browser.csrfToken();
  return { ...OWN, cookie: browser.cookies(), 'x-csrf-token': token };
};

/**
 * Authentication by each kind of credential, against a whole encrypt call with that credential: HTTP, TLS, authentication, the act and its
 * record. Both are the processor time of the one thread that serves; callers have a thread of their own.
 */
export const authenticationComparison: Comparison = async () => {
  const demoClient = { [CLIENT]: [] };
  const change = (config: KmsConfig): void => {
    config.server.rate_limit.max = 1_000_000;
    withBrowser()(config);
  };
  await using house = await kmsHouse({ clients: demoClient, change });
  await using databases = await openDatabases(house.config.database, { telemetry: noTelemetry() });
  await using kms = await runKms(house, { databases });
  await using access = await accessTo(house, databases);
  const tenant = (await kms.tenants())['demo'] ?? '';
  const admin = basic('demo-admin', 'demo-admin-password');
  const made = await kms.send('/service/api/v1/api-keys', { method: 'POST', headers: admin, body: { name: 'bench', scopes: [SCOPE] } });
  const pem = async (file: string) => readFile(join(house.folder, 'tls', file), 'utf8');
  const certificate = { cert: await pem(`${CLIENT}.pem`), key: await pem(`${CLIENT}.key`) };
  const peer: PeerCertificate = { commonName: CLIENT, uriSans: [], fingerprint256: '' };

  const methods: readonly { readonly name: string; readonly headers: Record<string, string>; readonly peer: PeerCertificate | null }[] = [
    { name: 'a token', headers: bearer(await house.issuer.token(tenant, { claims: { scope: SCOPE } })), peer: null },
    { name: 'a password', headers: basic('demo-user', 'demo-user-password'), peer: null },
    { name: 'a certificate', headers: {}, peer },
    { name: 'an API key', headers: bearer(made.json<{ key: string }>().key), peer: null },
    { name: 'a session', headers: await sessionAt(kms), peer: null },
  ];

  const compared: Compared[] = [];
  for (const { name, headers, peer: shown } of methods) {
    const rawHeaders = Object.entries(headers).flat();
    const connection = {};
    const request = { scope: SCOPE, method: 'POST', url: () => null, address: '127.0.0.1', connection };
    const asked = { headers, method: 'POST' } as unknown as FastifyRequest;
    const isSession = 'cookie' in headers;
    const authenticate = async (): Promise<void> => {
      for (let count = 0; count < AUTHENTICATIONS; count += 1) {
        if (isSession) {
          await access.browser?.door.authenticate(asked);
          continue;
        }
        const credential = credentialOf({ rawHeaders, query: {}, peer: shown }, access.challenges);
        if (credential === null) throw new TypeError('a request without a credential');
        await access.authenticate(credential, request);
      }
    };
    const tls = { ca: house.ca, ...(shown !== null && certificate) };
    const body = { plaintext: Buffer.from('x'.repeat(64)).toString('base64url') };
    const data: CallerData = { url: `${kms.url}${isSession ? BROWSER_PREFIX : SERVICE_PREFIX}${ENCRYPT}`, headers, body, tls };
    await using callers = callersOf(data);
    const call = () => callers.call(CALLS);
    await call();
    await authenticate();
    const pairs: [number, number][] = [];
    for (let round = 0; round < ROUNDS; round += 1) pairs.push([await each(AUTHENTICATIONS, authenticate), await each(CALLS, call)]);
    compared.push({ ours: `authentication by ${name}`, theirs: 'a whole encrypt call with it', aim: AIM, pairs });
  }
  return compared;
};
