import { expect, it } from 'vitest';
import { renderHtml } from '#infra/html/html.ts';
import { KMS_RESOURCE } from '#infra/magic/magic.ts';
import { consentPage } from '#identity/views/consent-page.ts';
import { errorPage } from '#identity/views/error-page.ts';
import { changeAccountPage, formPostPage } from '#identity/views/form-post-page.ts';
import { loginPage } from '#identity/views/login-page.ts';
import { loggedOutPage, logoutPage, stillLoggedInPage } from '#identity/views/logout-page.ts';

const form = { csrfToken: 'a-token', clientName: 'Demo & <Client>' };

/** Each page with every part that it can show, and with none that it can leave out. */
const pages = {
  login: loginPage({ ...form, action: '/login/1' }),
  'login-again': loginPage({ ...form, action: '/login/1', username: 'demo-user', problem: 'The user name or the password is wrong.' }),
  consent: consentPage({
    ...form,
    action: '/consent/1',
    username: 'demo-user',
    scopes: ['openid', 'profile'],
    claims: ['email', 'unheard_of'],
    resources: [
      { name: 'Key management service', resource: KMS_RESOURCE, scopes: ['kms:crypto', 'other:scope'] },
      { name: 'Empty', resource: 'urn:passthru:empty', scopes: [] },
    ],
    returnTo: 'http://127.0.0.1:4711',
    remembered: { askedAgain: true, daysAway: 30 },
  }),
  'consent-bare': consentPage({
    ...form,
    action: '/consent/1',
    username: 'demo-user',
    scopes: [],
    resources: [],
    returnTo: null,
    remembered: { askedAgain: false, daysAway: null },
  }),
  'login-demo': loginPage({
    ...form,
    action: '/login/1',
    demoAccounts: [{ username: 'demo-user', about: 'Demo User: user in the tenant demo' }],
  }),
  'form-post': formPostPage({ form: '<form method="post" action="https://client.example/">', script: '<script>submit()</script>' }),
  'account-change': changeAccountPage({ form: '<form method="post" action="/oidc/logout/confirm">', script: '<script>submit()</script>' }),
  logout: logoutPage({ form: '<form id="op.logoutForm"></form>', clientName: form.clientName }),
  'logout-bare': logoutPage({ form: '<form id="op.logoutForm"></form>' }),
  'logged-out': loggedOutPage({ clientName: form.clientName }),
  'logged-out-bare': loggedOutPage(),
  'still-logged-in': stillLoggedInPage(),
  error: errorPage({
    code: 'invalid_client',
    message: 'The client is "unknown".',
    fix: 'Go back.',
    traceId: '0af7651916cd43dd8448eb211c80319c',
  }),
  'error-bare': errorPage({ code: 'invalid_client', message: 'The client is "unknown".', traceId: null }),
};

it.each(Object.entries(pages))('the page %s is the same, byte for byte', async (name, page) => {
  await expect(renderHtml(page)).toMatchFileSnapshot(`rendered/${name}.txt`);
});
