import type { Feature } from './feature.ts';

/**
 * Clients are told that a session has ended. Each that has an address for it gets `sid` in its ID tokens and in each logout token, whether
 * it says that it needs it or not: who has two browsers is logged out of one.
 *
 * @see OpenID Connect Back-Channel Logout 1.0
 */
export const backchannelLogout = (): Feature => ({ configuration: { features: { backchannelLogout: { enabled: true } } } });
