import { type Html, markup } from '#infra/html/html.ts';
import { ICON_PATH } from '#infra/html/look.ts';
import { BROWSER_DOCUMENT_PATH, type SignedInReader } from './browser-document.ts';
import type { DemoAccount } from './demo-api.ts';
import { LOG_IN_SCOPE, type LogIn } from './log-in.ts';

export const SWAGGER_PATH = '/ui/swagger/';
/** Files of ours beside those of the package. */
export const STYLE = 'passthru.css';
export const SCRIPT = 'passthru.js';
export const LOG_IN_SCRIPT = 'log-in.js';

const FILES = `${SWAGGER_PATH}static`;

/** A button for each account, which logs in with one click. */
const demoAccounts = (accounts: readonly DemoAccount[]): Html => markup`<section class="log-in" aria-label="Demo accounts">
<p>Log in with an account of the demo, whose password is public; never put real data here.</p>
<div class="accounts">
${accounts.map(
  ({ username, password, roles }) =>
    markup`<button type="button" aria-pressed="false" data-username="${username}" data-password="${password}">${username}<span>${roles.join(', ')}</span></button>\n`,
)}</div>
</section>`;

/** The button that leads to a log-in at the issuer, and the line that says how it went. */
const identityLogIn = ({
  issuer,
  clientId,
  redirectUri,
  authorizationEndpoint,
  tokenEndpoint,
}: LogIn): Html => markup`<div class="identity">
<button type="button" id="log-in" data-issuer="${issuer}" data-client-id="${clientId}" data-redirect-uri="${redirectUri}" data-scope="${LOG_IN_SCOPE}" data-authorization-endpoint="${authorizationEndpoint}" data-token-endpoint="${tokenEndpoint}">Log in at Identity</button>
<span id="logged-in" role="status"></span>
</div>
`;

/** Whose session the page uses. Its token is in the page, which no other origin can read. */
const session = ({ username, tenant, csrfToken }: SignedInReader): Html => markup`<div class="identity">
<span id="session" data-document="${BROWSER_DOCUMENT_PATH}" data-csrf-token="${csrfToken}">Logged in as <strong>${username}</strong>, tenant <strong>${tenant}</strong>: the page uses this session.</span>
<a href="/ui/">Keys, log out</a>
</div>
`;

const sessionLogIn = markup`<div class="identity"><a href="/ui/log-in?return_to=${encodeURIComponent(SWAGGER_PATH)}">Log in with a session of this browser</a></div>
`;

/** The other ways to log in: for a token, and as an account of the demo. */
const logIns = ({ accounts, logIn, sessions }: Omit<SwaggerPage, 'reader'>): Html => markup`${sessions && sessionLogIn}
${logIn !== null && identityLogIn(logIn)}
${accounts.length > 0 && demoAccounts(accounts)}`;

export interface SwaggerPage {
  /** To log in with by password; none where the demo does not run. */
  readonly accounts: readonly DemoAccount[];
  /** Where to log in for a token; null where there is no such place. */
  readonly logIn: LogIn | null;
  /** Whether browsers have sessions. */
  readonly sessions: boolean;
  /** Whose session it is; null for everybody else. */
  readonly reader: SignedInReader | null;
}

/** The page around Swagger UI. */
export const swaggerPage = ({ reader, ...others }: SwaggerPage): Html => markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>passthru KMS: API</title>
<link rel="icon" href="${ICON_PATH}" type="image/svg+xml">
<link rel="stylesheet" href="${FILES}/swagger-ui.css">
<link rel="stylesheet" href="${FILES}/theme/${STYLE}">
</head>
<body>
<header>
<h1><a href="/"><img src="${ICON_PATH}" alt="" width="28" height="28">passthru KMS</a></h1>
<a class="document" href="${reader === null ? '/openapi.json' : BROWSER_DOCUMENT_PATH}">openapi.json</a>
</header>
${reader === null ? logIns(others) : session(reader)}
<div id="swagger-ui"></div>
<script src="${FILES}/swagger-ui-bundle.js"></script>
<script src="${FILES}/theme/${LOG_IN_SCRIPT}"></script>
<script src="${FILES}/theme/${SCRIPT}"></script>
</body>
</html>
`;
