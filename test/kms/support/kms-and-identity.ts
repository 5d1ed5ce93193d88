import { join } from 'node:path';
import { FEED_PATH, KMS_SCOPES } from '#infra/magic/magic.ts';
import type { KmsConfig } from '#kms/config.ts';
import { createBrowser, type Page } from '#test/support/identity-browser.ts';
import { ISSUER, startTestIdentity, type TestIdentity } from '#test/support/identity.ts';
import { browserAt, ORIGIN, withBrowser } from './browser.ts';
import { type KmsHouse, kmsHouse, type RunningKms, runKms } from './kms-server.ts';

/** A KMS whose browsers log in at an Identity, with the same demo tenants in both. */
export interface KmsAndIdentity extends AsyncDisposable {
  readonly house: KmsHouse;
  readonly kms: RunningKms;
  readonly identity: TestIdentity;
}

export const kmsAndIdentity = async (
  options: {
    readonly change?: (config: KmsConfig) => void;
    /** Whether Identity tells the KMS of revocations. */
    readonly feed?: boolean;
    readonly now?: () => number;
    readonly elapsed?: () => number;
  } = {},
): Promise<KmsAndIdentity> => {
  await using opened = new AsyncDisposableStack();
  const { change, feed = false, ...clocks } = options;
  const house = opened.use(await kmsHouse());
  const secretFile = join(house.folder, 'secrets', 'client-secret');
  const logIn = {
    name: 'Key management service',
    redirect_uris: [`${ORIGIN}/ui/callback`],
    post_logout_redirect_uris: [`${ORIGIN}/ui/logged-out`],
    scopes: ['openid', 'profile', ...Object.keys(KMS_SCOPES)],
  };
  const clients = [{ client_id: 'passthru-kms', secret_file: secretFile, may_introspect: ['urn:passthru:kms'], log_in: logIn }];
  const identity = opened.use(
    await startTestIdentity({ overlay: { service_clients: clients, feed: { tls: { client_ca: house.config.identity.tls.ca } } } }),
  );
  const at = `https://localhost:${identity.port}`;
  withBrowser()(house.config);
  house.config.identity.issuers = house.config.identity.issuers.map((issuer) => ({
    ...issuer,
    issuer: ISSUER,
    jwks_uri: `${at}/.well-known/jwks.json`,
    ca: identity.tls.caFile,
    revocation: {
      ...issuer.revocation,
      introspection_endpoint: `${at}/oauth2/introspect`,
      ...(feed && {
        mode: 'feed' as const,
        feed: { uri: `https://127.0.0.1:${identity.feedPort}${FEED_PATH}`, late_seconds: 3, outage_seconds: 900 },
      }),
    },
    browser_log_in: {
      name: 'Identity',
      client_id: 'passthru-kms',
      client_secret_file: secretFile,
      authorization_endpoint: `${ISSUER}/oauth2/authorize`,
      token_endpoint: `${at}/oauth2/token`,
      userinfo_endpoint: `${at}/oidc/userinfo`,
      end_session_endpoint: `${ISSUER}/oidc/logout`,
    },
  }));
  change?.(house.config);
  const { tenants = {} } = (await identity.identity.demo?.state()) ?? {};
  const kms = opened.use(await runKms(house, { ...clocks, tenants }));
  const resources = opened.move();
  return { house, kms, identity, [Symbol.asyncDispose]: () => resources.disposeAsync() };
};

/** One browser that goes to both: the KMS and Identity each keep their cookies in it. */
export const personAt = ({ kms, identity }: Pick<KmsAndIdentity, 'kms' | 'identity'>) => {
  const browser = browserAt(kms);
  const atIdentity = createBrowser({ fetch: identity.fetch, origin: ISSUER });
  const person = {
    browser,
    atIdentity,
    /** Begins a log-in. @returns the address of Identity */
    begin: async (returnTo = '/ui/'): Promise<string> => {
      const query = new URLSearchParams({ issuer: '0', return_to: returnTo }).toString();
      return (await browser.send(`/ui/log-in/issuer?${query}`)).headers['location'] ?? '';
    },
    /** Goes through the pages of Identity. @returns path and query of the callback */
    through: async (address: string, username = 'demo-tenant-admin'): Promise<string> => {
      let page: Page = await atIdentity.visit(address);
      while (page.url.startsWith(ISSUER)) {
        const asksForPassword = page.html.includes('type="password"');
        page = await atIdentity.submit(
          page,
          asksForPassword ? { username, password: `${username}-password`, decision: 'login' } : { decision: 'allow' },
        );
      }
      const { pathname, search } = new URL(page.url);
      return pathname + search;
    },
    logIn: async (username?: string) => browser.send(await person.through(await person.begin(), username)),
  };
  return person;
};
