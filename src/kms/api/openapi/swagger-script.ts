/** Runs in the browser, as a file of its own: the policy forbids inline script. It starts Swagger UI and the buttons of the demo accounts. */
export const SWAGGER_SCRIPT = `'use strict';
const dark = window.matchMedia('(prefers-color-scheme: dark)');
const paint = () => document.documentElement.classList.toggle('dark-mode', dark.matches);
dark.addEventListener('change', paint);
paint();

const buttons = [...document.querySelectorAll('button[data-username]')];
/** Whose session the page uses, and the token that its changes bring. */
const session = document.getElementById('session')?.dataset;
const ui = window.SwaggerUIBundle({
  url: session?.document ?? '/openapi.json',
  requestInterceptor: (request) => {
    if (session !== undefined && new URL(request.url, location.href).origin === location.origin) request.headers['X-CSRF-Token'] = session.csrfToken;
    return request;
  },
  dom_id: '#swagger-ui',
  presets: [window.SwaggerUIBundle.presets.apis],
  layout: 'BaseLayout',
  deepLinking: true,
  tryItOutEnabled: true,
  validatorUrl: null,
  // A password stays in the browser only where it is public.
  persistAuthorization: buttons.length > 0,
  onComplete: () => {
    void window.logIn((token) => {
      leave('basic');
      ui.preauthorizeApiKey('bearer', token);
      ui.authActions.persistAuthorizationIfNeeded();
    });
    showAccount();
    ui.getStore().subscribe(showAccount);
  },
});

/** One request takes one credential. */
const leave = (scheme) => {
  if (ui.authSelectors.authorized()?.has(scheme)) ui.authActions.logoutWithPersistOption([scheme]);
};
const showAccount = () => {
  const name = ui.authSelectors.authorized()?.getIn(['basic', 'value', 'username']);
  for (const button of buttons) button.setAttribute('aria-pressed', String(button.dataset.username === name));
};
for (const button of buttons) {
  button.addEventListener('click', () => {
    leave('bearer');
    document.getElementById('logged-in')?.replaceChildren();
    ui.preauthorizeBasic('basic', button.dataset.username, button.dataset.password);
    ui.authActions.persistAuthorizationIfNeeded();
  });
}
`;
