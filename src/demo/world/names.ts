import type { OAuthClient } from '#client/identity/identity.ts';
import { demoPassword } from '#infra/demo-data/demo-password.ts';

/** A person of the demo, as the log-in page asks for one. */
export const account = (username: string): { readonly username: string; readonly password: string } => ({
  username,
  password: demoPassword(username),
});

const confidential = (id: string): OAuthClient => ({ id, secret: demoPassword(id) });

/** The OAuth clients of the demo. */
export const PUBLIC_CLIENT: OAuthClient = { id: 'demo-public-client' };
export const CONFIDENTIAL_CLIENT = confidential('demo-confidential-client');
export const OTHER_CLIENT = confidential('demo-other-client');
export const SHORT_LIVED_CLIENT = confidential('demo-short-lived-client');
export const LIMITED_CLIENT = confidential('demo-limited-client');
export const CERTIFICATE_CLIENT = confidential('demo-certificate-client');
export const OPAQUE_CLIENT = confidential('demo-opaque-client');

/** A loopback redirect of a native application; any port goes. @see RFC 8252 section 7.3 */
export const LOOPBACK_REDIRECT = 'http://127.0.0.1:43117/callback';

/** The scopes of an application that works with keys for a user. */
export const USER_SCOPE = 'openid profile offline_access kms:read kms:crypto';
