import { AppError } from '#infra/apperr/app-error.ts';
import type { ClientRecord } from '#identity/clients/client.ts';
import type { Outgoing } from '#identity/outgoing/outgoing.ts';

/**
 * Refuses a client with an address to which no request may go: it would never be told anything.
 *
 * @throws AppError `client-refused` 400
 */
export const refuseUnreachable = ({ backchannelLogout }: ClientRecord, outgoing: Pick<Outgoing, 'whyNot'>): void => {
  const why = backchannelLogout && outgoing.whyNot(backchannelLogout.uri);
  if (!why) return;
  throw new AppError('client-refused', 400, `The client is not valid: backchannel_logout_uri is never reached, ${why}.`, {
    fix: 'Name its origin in outgoing.origins of Identity, or leave the address away.',
  });
};
