import { expect, it } from 'vitest';
import { renderHtml } from '#infra/html/html.ts';
import { STYLESHEET_URL } from '#infra/html/look.ts';
import { KMS_RESOURCE } from '#infra/magic/magic.ts';
import { consentPage } from '#identity/views/consent-page.ts';
import { errorPage } from '#identity/views/error-page.ts';
import { confirmDevicePage, deviceConnectedPage, deviceRefusedPage, userCodePage } from '#identity/views/device-page.ts';
import { changeAccountPage, formPostPage, nobodyLeftPage } from '#identity/views/form-post-page.ts';
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
  device: userCodePage({ action: '/device', token: 'a-token' }),
  'device-again': userCodePage({ action: '/device', token: 'a-token', userCode: 'BBBB-<', problem: 'There is no such code.' }),
  'device-confirm': confirmDevicePage({
    form: '<form id="op.deviceConfirmForm"></form>',
    clientName: form.clientName,
    userCode: 'BBBB-CCCC',
    address: '192.0.2.1',
    username: 'demo-user',
  }),
  'device-confirm-bare': confirmDevicePage({
    form: '<form id="op.deviceConfirmForm"></form>',
    clientName: form.clientName,
    userCode: 'BBBB-CCCC',
    address: '192.0.2.1',
  }),
  'device-connected': deviceConnectedPage({ clientName: form.clientName }),
  'device-refused': deviceRefusedPage(),
  'form-post': formPostPage({ form: '<form method="post" action="https://client.example/">', script: '<script>submit()</script>' }),
  'account-change': changeAccountPage({ form: '<form method="post" action="/oidc/logout/confirm">', script: '<script>submit()</script>' }),
  'nobody-left': nobodyLeftPage({ form: '<form method="post" action="/oidc/logout/confirm">', script: '<script>submit()</script>' }),
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
  // The style sheet has another name each time that it changes, which is no change of a page.
  await expect(renderHtml(page).replace(STYLESHEET_URL, '/assets/passthru.css')).toMatchFileSnapshot(`rendered/${name}.txt`);
});
