import { randomBytes } from 'node:crypto';
import { type KoaContextWithOIDC, Provider } from 'oidc-provider';
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
export const compareHashedSecrets = (
  provider: Provider,
  verifySecret: (clientId: string, secret: string, shown: ShownSecret) => Promise<boolean>,
): void => {
  replaceMethod(
    provider.Client.prototype,
    'compareClientSecret',
    () =>
      function (this: { readonly clientId: string }, secret: string) {
        const { state, req } = Provider.ctx ?? {};
        const { authorization } = req?.headers ?? {};
        return verifySecret(this.clientId, secret, { address: String(state?.peerAddress ?? ''), connection: req?.socket, authorization });
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
