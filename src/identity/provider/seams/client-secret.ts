import { randomBytes } from 'node:crypto';
import { type Client, type KoaContextWithOIDC, Provider } from 'oidc-provider';
import { replaceMethod } from './replace-method.ts';

/** Where a secret was shown. */
export interface ShownSecret {
  /** Address of the peer, as the socket has it. */
  readonly address: string;
  /** The connection that it came over. */
  readonly connection: object | undefined;
  /** The header of that request; the secret is in it, where it is in none of the form. */
  readonly authorization: string | undefined;
}

/** Whether a secret is that of a client. */
export type VerifySecret = (clientId: string, secret: string, shown: ShownSecret) => Promise<boolean>;

const shownBy = (ctx: KoaContextWithOIDC | undefined): ShownSecret => ({
  address: String(ctx?.state.peerAddress ?? ''),
  connection: ctx?.req.socket,
  authorization: ctx?.req.headers.authorization,
});

/** Notes the address of the peer while the connection is sure to have one. */
export const noteAddress = (ctx: KoaContextWithOIDC): void => {
  ctx.state.peerAddress = ctx.req.socket.remoteAddress;
};

/**
 * Compares client secrets with our hashes, and tells the comparison where the request comes from, and what it showed.
 *
 * Why: oidc-provider compares with a clear secret, and we keep none. The address is for the limit of attempts.
 * Bends: `Client.prototype.compareClientSecret`, whose answer may be a promise, and `Provider.ctx`, the request under way, read in
 * oidc-provider 9.13.3 (lib/shared/client_auth.js, lib/helpers/initialize_app.js).
 * Held by: test/identity/provider/seams/client-secret.test.ts
 */
export const compareHashedSecrets = (provider: Provider, verifySecret: VerifySecret): void => {
  replaceMethod(
    provider.Client.prototype,
    'compareClientSecret',
    () =>
      function (this: { readonly clientId: string }, secret: string) {
        return verifySecret(this.clientId, secret, shownBy(Provider.ctx as KoaContextWithOIDC | undefined));
      },
  );
};

/**
 * The secret in the metadata of every confidential client: random, and compared with nothing.
 *
 * Why: oidc-provider refuses a confidential client whose metadata holds no clear secret.
 * Bends: the check of client metadata, read in oidc-provider 9.13.3 (lib/helpers/client_schema.js).
 * Held by: test/identity/provider/seams/client-secret.test.ts
 */
export const newUnusedSecret = (): string => randomBytes(32).toString('base64url');

type Find = (this: unknown, clientId: unknown) => Promise<Client | undefined>;

/** The secret of a request, or what stands in its place, as long as it says nothing of its client yet. */
const secretIn = ({ oidc, headers }: KoaContextWithOIDC): string | undefined => {
  if (oidc?.params === undefined || oidc.client !== undefined) return undefined;
  const { client_secret: secret } = oidc.params;
  return typeof secret === 'string' ? secret : headers.authorization;
};

/**
 * Looks at the secret of a client that is not there, too, which takes as long as at a wrong one, and is counted as a guess.
 *
 * Why: oidc-provider refuses an unknown client at once, so the time of a refusal tells which clients have a secret.
 * Bends: `Client.find`, which the authentication of clients calls before `oidc.client` is there, and `Provider.ctx`; read in oidc-provider
 * 9.13.3 (lib/shared/client_auth.js, lib/models/client.js).
 * Held by: test/identity/provider/seams/client-secret.test.ts
 */
export const payForUnknownClients = (provider: Provider, verifySecret: VerifySecret): void => {
  replaceMethod<Find>(
    provider.Client,
    'find',
    (find) =>
      async function (this: unknown, clientId: unknown) {
        const client = await find.call(this, clientId);
        const ctx = Provider.ctx as KoaContextWithOIDC | undefined;
        const secret = client === undefined && ctx !== undefined ? secretIn(ctx) : undefined;
        if (ctx !== undefined && secret !== undefined && typeof clientId === 'string') await verifySecret(clientId, secret, shownBy(ctx));
        return client;
      },
  );
};
