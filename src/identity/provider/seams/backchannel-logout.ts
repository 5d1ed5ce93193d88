import { type Client, errors, type Provider } from 'oidc-provider';
import { thrownMessage, thrownWords } from '#infra/apperr/thrown-words.ts';
import type { Telemetry } from '#infra/telemetry/telemetry.ts';
import type { Logout, LogoutAnswer, TellLogout } from '#identity/logouts/logouts.ts';
import { replaceMethod } from './replace-method.ts';

type Tell = (this: Client, accountId: string, sid: string) => Promise<void>;

/**
 * Writes down that a client is to be told of a log-out, in the place of telling it.
 *
 * Why: oidc-provider tells each client once, while the person waits; of one that did not hear it, it says "fetch failed" and goes on.
 * Bends: `Client.prototype.backchannelLogout`, which the end of a session calls and which makes and posts the logout token, and the
 * `response` of its error, read in oidc-provider 9.13.3 (lib/actions/end_session.js, lib/models/client.js).
 * Held by: test/identity/provider/seams/backchannel-logout.test.ts
 *
 * @returns asks a client, with a new token
 */
export const putLogoutsOff = (
  provider: Provider,
  note: (logout: Logout) => Promise<void>,
  log: Pick<Telemetry['log'], 'error'>,
): TellLogout => {
  let post: Tell | undefined;
  replaceMethod<Tell>(provider.Client.prototype, 'backchannelLogout', (before) => {
    post = before;
    return async function (this: Client, accountId: string, sid: string) {
      const { clientId } = this;
      // oidc-provider ends the session all the same, and tells nobody of a failure.
      await note({ clientId, accountId, sid }).catch((error: unknown) => {
        log.error(`${clientId} will not be told of a log-out, which could not be written down: ${thrownWords(error)}`, {
          client_id: clientId,
        });
      });
    };
  });

  return async ({ clientId, accountId, sid }): Promise<LogoutAnswer> => {
    try {
      const client = await provider.Client.find(clientId);
      if (client?.backchannelLogoutUri === undefined) return 'nobody';
      await post?.call(client, accountId, sid);
      return 'told';
    } catch (error) {
      if (error instanceof errors.InvalidClient) return 'nobody';
      // "If the Logout Token is invalid [...] or the logout failed, the RP MUST respond with an HTTP 400": again it would say the same.
      const { response } = error as { readonly response?: Response };
      return { refused: response?.status === 400, cause: thrownMessage(error) };
    }
  };
};
