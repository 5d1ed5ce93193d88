import type { PersonsToken } from '../../seams/userinfo-tokens.ts';
import { idOfReference } from '../../store/payload-hashes.ts';
import type { PayloadStore } from '../../store/payloads.ts';
import type { VerifyAccessToken } from './jwt-access-token.ts';

/**
 * A JWT access token of a person, as userinfo looks at it; whether its grant, client and account still are, userinfo asks by itself.
 *
 * @returns undefined for a token that is not good, was revoked, or stands for a client
 */
export const createPersonsToken =
  (options: { readonly verify: VerifyAccessToken; readonly store: Pick<PayloadStore, 'tokenIsRevoked'> }) =>
  async (token: string): Promise<PersonsToken | undefined> => {
    const { verify, store } = options;
    const payload = await verify(token);
    if (payload?.grant_id === undefined || (await store.tokenIsRevoked(payload.jti))) return undefined;
    return {
      accountId: payload.sub,
      clientId: payload.client_id,
      grantId: idOfReference(payload.grant_id),
      scope: typeof payload['scope'] === 'string' ? payload['scope'] : '',
      claims: { userinfo: Object.fromEntries((payload.userinfo_claims ?? []).map((claim) => [claim, null])) },
      iat: payload.iat,
      exp: payload.exp,
      jkt: payload.cnf?.jkt,
      'x5t#S256': payload.cnf?.['x5t#S256'],
    };
  };
