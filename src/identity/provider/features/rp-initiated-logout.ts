import { renderHtml } from '#infra/html/html.ts';
import { loggedOutPage, logoutPage } from '#identity/views/logout-page.ts';
import type { Feature } from './feature.ts';

const LOGOUT_PATH = '/oidc/logout';

/** Log-out that a client asks for and the user confirms. @see OpenID Connect RP-Initiated Logout 1.0 */
export const rpInitiatedLogout = (): Feature => ({
  configuration: {
    features: {
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: (ctx, form) => {
          ctx.body = renderHtml(logoutPage({ form, clientName: ctx.oidc.client?.clientName }));
        },
        postLogoutSuccessSource: (ctx) => {
          ctx.body = renderHtml(loggedOutPage({ clientName: ctx.oidc.client?.clientName }));
        },
      },
    },
    routes: { end_session: LOGOUT_PATH },
  },
  endpoints: [
    { path: LOGOUT_PATH, methods: ['GET', 'POST'], postAs: 'redirect', answers: 'page' },
    { path: `${LOGOUT_PATH}/confirm`, methods: ['POST'], answers: 'page' },
    { path: `${LOGOUT_PATH}/success`, methods: ['GET'], answers: 'page' },
  ],
});
