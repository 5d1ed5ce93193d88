import { AppError } from '#infra/apperr/app-error.ts';
import type { ClientRecord } from '#identity/clients/client.ts';
import type { Outgoing } from '#identity/outgoing/outgoing.ts';

/**
 * Refuses a client with an address to which no request may go: it would never be told anything, or its keys never be fetched.
 *
 * @throws AppError `client-refused` 400
 */
export const refuseUnreachable = ({ backchannelLogout, jwksUri }: ClientRecord, outgoing: Pick<Outgoing, 'whyNot'>): void => {
  const addresses = { backchannel_logout_uri: backchannelLogout?.uri, jwks_uri: jwksUri };
  for (const [field, address] of Object.entries(addresses)) {
    const why = address === undefined ? null : outgoing.whyNot(address);
    if (why === null) continue;
    throw new AppError('client-refused', 400, `The client is not valid: ${field} is never reached, ${why}.`, {
      fix: 'Name its origin in outgoing.origins of Identity, or leave the address away.',
    });
  }
};

/**
 * Refuses a client whose certificate the listener would never see.
 *
 * @throws AppError `client-refused` 400
 */
export const refuseCertificates = ({ authMethod }: ClientRecord): void => {
  if (authMethod !== 'tls_client_auth') return;
  throw new AppError('client-refused', 400, 'The client is not valid: the public listener asks for no client certificate.', {
    fix: 'Set server.client_certificates of Identity to request, or have the client prove itself otherwise.',
  });
};
