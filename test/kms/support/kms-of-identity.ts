import { readFile } from 'node:fs/promises';
import type { HttpsClient } from '#infra/http/client.ts';
import { createHttpsClient } from '#infra/http/client/create-https-client.ts';
import { FEED_PATH } from '#infra/magic/magic.ts';
import type { Telemetry } from '#infra/telemetry/telemetry.ts';
import type { IssuerConfig } from '#kms/access/tokens/issuer-config.ts';
import type { RevocationMode } from '#kms/access/revocation-modes.ts';
import { ISSUER, startTestIdentity, type TestIdentity } from '#test/support/identity.ts';
import { bearer, kmsHouse, type KmsHouse, runKms, type RunningKms } from './kms-server.ts';

const CREDENTIAL = `Basic ${Buffer.from('demo-confidential-client:demo-confidential-client-password').toString('base64')}`;

/**
 * A whole Identity, and a KMS that trusts it, with one set of demo tenants.
 *
 * @param options.identity laid over the configuration of Identity
 * @param options.revocation of the KMS; `sensitive-only` where absent
 * @param options.change changes the one issuer of the KMS
 */
export const kmsOfIdentity = async (
  options: {
    readonly identity?: Readonly<Record<string, object>>;
    readonly revocation?: RevocationMode;
    readonly change?: (issuer: IssuerConfig) => void;
    readonly telemetry?: Telemetry;
    /** Of the KMS. */
    readonly elapsed?: () => number;
  } = {},
) => {
  await using opened = new AsyncDisposableStack();
  const { revocation = 'sensitive-only', telemetry, elapsed } = options;
  const house: KmsHouse = opened.use(await kmsHouse({ revocation }));
  const [issuer] = house.config.identity.issuers;
  if (issuer === undefined) throw new Error('the configuration of the test has an issuer');
  // The KMS shows a certificate of its own authority.
  const overlay = { ...options.identity, feed: { tls: { client_ca: house.config.identity.tls.ca } } };
  const identity: TestIdentity = opened.use(await startTestIdentity({ overlay }));
  const address = `https://127.0.0.1:${identity.port}`;
  issuer.issuer = ISSUER;
  issuer.ca = identity.tls.caFile;
  issuer.jwks_uri = `${address}/.well-known/jwks.json`;
  issuer.revocation.introspection_endpoint = `${address}/oauth2/introspect`;
  issuer.revocation.client_secret_file = `${identity.directory}/kms-secret`;
  if (revocation === 'feed') {
    issuer.revocation.feed = { uri: `https://127.0.0.1:${identity.feedPort}${FEED_PATH}`, late_seconds: 3, outage_seconds: 900 };
  }
  options.change?.(issuer);
  const client: HttpsClient = opened.use(createHttpsClient({ ca: await readFile(identity.tls.caFile, 'utf8') }));
  const kms: RunningKms = opened.use(await runKms(house, { ...(telemetry && { telemetry }), ...(elapsed && { elapsed }) }));
  const { tenants } = (await identity.identity.demo?.state()) ?? { tenants: {} };
  const { resetId } = (await kms.kms.demo?.reset(tenants)) ?? { resetId: '' };
  await kms.kms.demo?.commit(resetId);

  const post = (path: string, form: Readonly<Record<string, string>>) =>
    client.request({ method: 'POST', url: `${address}${path}`, headers: { authorization: CREDENTIAL }, form });
  /** Of the demo's confidential client. */
  const newToken = async (): Promise<string> => {
    const form = { grant_type: 'client_credentials', resource: 'urn:passthru:kms', scope: 'kms:read kms:crypto' };
    return (await post('/oauth2/token', form)).json<{ access_token: string }>().access_token;
  };
  const revoke = (token: string) => post('/oauth2/revoke', { token });

  const token = await newToken();
  const call = (path: string, body?: Readonly<Record<string, unknown>>, by = token) =>
    kms.send(`/service/api/v1/elastic-keys${path}`, {
      headers: bearer(by),
      ...(body === undefined ? {} : { method: 'POST', body }),
    });
  const listed = (await call('?name=demo-encryption-key')).json<{ readonly items: readonly { readonly id: string }[] }>();
  const key = `/${listed.items[0]?.id}`;
  const encrypt = (by?: string) => call(`${key}/encrypt`, { plaintext: 'AAAA' }, by);
  const { ciphertext } = (await encrypt()).json<{ readonly ciphertext: string }>();
  const decrypt = (by?: string) => call(`${key}/decrypt`, { ciphertext }, by);

  const resources = opened.move();
  return {
    identity,
    house,
    issuer,
    address,
    client,
    kms,
    token,
    newToken,
    revoke,
    encrypt,
    decrypt,
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
};
