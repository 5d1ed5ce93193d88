import { CLAIMS_OF_SCOPES } from '../records/claims-of-scopes.ts';
import type { Feature } from './feature.ts';

const USERINFO_PATH = '/oidc/userinfo';

/** Claims of the account whose access token is shown. @see OpenID Connect Core 1.0 sections 5.3 and 5.4 */
export const userinfo = (): Feature => ({
  configuration: {
    features: { userinfo: { enabled: true } },
    routes: { userinfo: USERINFO_PATH },
    claims: CLAIMS_OF_SCOPES,
  },
  endpoints: [{ path: USERINFO_PATH, methods: ['GET', 'POST', 'OPTIONS'], answers: 'json' }],
});
