import { renderHtml } from '#infra/html/html.ts';
import type { Pair } from '#infra/http/request/form.ts';
import { loggedOutPage, logoutPage, stillLoggedInPage } from '#identity/views/logout-page.ts';
import type { Feature } from './feature.ts';

const LOGOUT_PATH = '/oidc/logout';

/**
 * Somebody who stays logged in is left as he is: oidc-provider would end the access of the client that asked, and say that he is logged out.
 */
const staysLoggedIn = (pairs: readonly Pair[]) => {
  const names = pairs.map(([name]) => name);
  return names.includes('xsrf') && !names.includes('logout') ? stillLoggedInPage() : undefined;
};

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
    { path: LOGOUT_PATH, methods: ['GET', 'POST'], postAs: 'redirect', mayBeEmpty: true, answers: 'page' },
    { path: `${LOGOUT_PATH}/confirm`, methods: ['POST'], answers: 'page', answerForm: staysLoggedIn },
    { path: `${LOGOUT_PATH}/success`, methods: ['GET'], answers: 'page' },
  ],
});
