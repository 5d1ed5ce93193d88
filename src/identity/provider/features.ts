import type { Accounts } from '#identity/accounts/accounts.ts';
import type { Clients } from '#identity/clients/clients.ts';
import type { ResourceServer } from '#identity/resource-servers/resource-server.ts';
import { accessToken } from './features/tokens/access-token.ts';
import { authenticationContext } from './features/authentication-context.ts';
import { authorizationCode } from './features/grants/authorization-code.ts';
import { backchannelLogout } from './features/backchannel-logout.ts';
import { claimsParameter } from './features/claims-parameter.ts';
import { clientAuthentication } from './features/client-authentication.ts';
import { clientCredentials } from './features/grants/client-credentials.ts';
import { deviceCode, type DeviceOptions } from './features/grants/device-code.ts';
import { discovery } from './features/discovery.ts';
import type { DpopNonces } from './features/tokens/dpop-nonces.ts';
import type { Feature } from './features/feature.ts';
import { introspection } from './features/tokens/introspection.ts';
import { pushedAuthorizationRequests } from './features/grants/pushed-authorization-requests.ts';
import { refreshToken } from './features/grants/refresh-token.ts';
import { refusalView } from './interactions/refusal-view.ts';
import { resourceIndicators } from './features/resource-indicators.ts';
import { revocation } from './features/tokens/revocation.ts';
import { rpInitiatedLogout } from './features/rp-initiated-logout.ts';
import { senderConstraints } from './features/tokens/sender-constraints.ts';
import { userinfo } from './features/userinfo.ts';

/** Every feature of Identity. A new one, a grant for example, is a file in `features/grants/` and a line here. */
export const createFeatures = (options: {
  readonly accounts: Pick<Accounts, 'find'>;
  readonly clients: Pick<Clients, 'find'>;
  readonly issuer: string;
  readonly resourceServers: readonly ResourceServer[];
  readonly dpopNonces: DpopNonces;
  /** The newest. */
  readonly cookieKey: string;
  readonly openDeviceCode: DeviceOptions['openCode'];
  /** Key id of the key that signs. */
  readonly signingKid: string;
  /** Epoch milliseconds. */
  readonly now: () => number;
}): readonly Feature[] => {
  const { accounts, clients, issuer, resourceServers, dpopNonces, cookieKey, signingKid, now } = options;
  const { openDeviceCode: openCode } = options;
  return [
    discovery(),
    authenticationContext(),
    clientAuthentication(issuer, now),
    authorizationCode(),
    pushedAuthorizationRequests(),
    refreshToken(now),
    clientCredentials(),
    deviceCode({ accounts, openCode, refusalView }),
    resourceIndicators(resourceServers, signingKid),
    accessToken(),
    senderConstraints({ nonces: dpopNonces, cookieKey, now }),
    userinfo(),
    claimsParameter(),
    introspection({ accounts, clients }),
    revocation(),
    rpInitiatedLogout(),
    backchannelLogout(),
  ];
};
