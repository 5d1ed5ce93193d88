import { demoPassword } from '#demo/seed/seed-files.ts';
import type { OAuthClient } from '#demo/client/identity.ts';

/** Names of the demo's accounts and clients; their passwords follow from them. */
const confidential = (id: string): OAuthClient => ({ id, secret: demoPassword(id) });

export const PUBLIC_CLIENT: OAuthClient = { id: 'demo-public-client' };
export const CONFIDENTIAL_CLIENT = confidential('demo-confidential-client');
export const OTHER_CLIENT = confidential('demo-other-client');
export const SHORT_LIVED_CLIENT = confidential('demo-short-lived-client');
export const LIMITED_CLIENT = confidential('demo-limited-client');

/** A loopback redirect of a native application; any port goes. @see RFC 8252 section 7.3 */
export const LOOPBACK_REDIRECT = 'http://127.0.0.1:43117/callback';

export const account = (username: string): { readonly username: string; readonly password: string } => ({
  username,
  password: demoPassword(username),
});

/** What an application asks for that works with keys as a user. */
export const USER_SCOPE = 'openid profile offline_access kms:read kms:crypto';
