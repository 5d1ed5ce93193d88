import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { preHandlerAsyncHookHandler } from 'fastify';
import { renderHtml } from '#infra/html/html.ts';
import type { App } from '#infra/http/server.ts';
import type { DescribedBrowserApi } from './browser-document.ts';
import type { DemoAccount } from './demo-api.ts';
import type { LogIn } from './log-in.ts';
import { LOG_IN_SCRIPT, SCRIPT, STYLE, SWAGGER_PATH, swaggerPage } from './swagger-page.ts';
import { SWAGGER_LOG_IN_SCRIPT } from './swagger-log-in-script.ts';
import { SWAGGER_SCRIPT } from './swagger-script.ts';
import { SWAGGER_STYLE } from './swagger-style.ts';

/** The Swagger UI may load its own files, no inline script, and nothing from another host but the token of a log-in. */
const policyWith = (logIn: LogIn | null) => ({
  'default-src': "'none'",
  'script-src': "'self'",
  // The one style element that the bundle adds to its page; another version of it needs another hash.
  'style-src': "'self' 'sha256-RL3ie0nH+Lzz2YNqQN83mnU0J1ot4QL7b99vMdIX99w='",
  'img-src': "'self' data:",
  'connect-src': ["'self'", ...(logIn === null ? [] : [new URL(logIn.tokenEndpoint).origin])].join(' '),
  'base-uri': "'none'",
  'form-action': "'none'",
  'frame-ancestors': "'none'",
});

/** The page is there with and without the slash. */
const isPage = (url: string | undefined): boolean => url === SWAGGER_PATH || `${url}/` === SWAGGER_PATH;

/** The folder of the package's files: beside this code in a bundle, which has no packages. */
const filesOfPackage = (): string => {
  const bundled = join(import.meta.dirname, 'swagger-ui');
  return existsSync(bundled) ? bundled : fileURLToPath(new URL('static', import.meta.resolve('@fastify/swagger-ui')));
};

/** `GET /ui/swagger/`: our page around the Swagger UI of the package, whose files stand below it. */
export const registerSwaggerUi = async (
  app: App,
  {
    accounts,
    logIn,
    browser,
  }: { readonly accounts: readonly DemoAccount[]; readonly logIn: LogIn | null; readonly browser: DescribedBrowserApi | null },
): Promise<void> => {
  const { default: swaggerUi } = await import('@fastify/swagger-ui');
  /** In the place of the package's page, which has its name, its icon, and no viewport. */
  const preHandler: preHandlerAsyncHookHandler = async (request, reply) => {
    if (!isPage(request.routeOptions.url)) return;
    const reader = browser === null ? null : await browser.readerOf(request);
    const page = swaggerPage({ accounts, logIn, sessions: browser !== null, reader });
    if (browser !== null) reply.header('cache-control', 'no-store');
    return reply.type('text/html; charset=utf-8').send(renderHtml(page));
  };
  const files = filesOfPackage();
  await app.register(swaggerUi, {
    baseDir: files,
    logo: { type: 'image/svg+xml', content: await readFile(join(files, 'logo.svg')) },
    routePrefix: SWAGGER_PATH.slice(0, -1),
    staticCSP: policyWith(logIn),
    indexPrefix: '',
    theme: {
      css: [{ filename: STYLE, content: SWAGGER_STYLE }],
      js: [
        { filename: LOG_IN_SCRIPT, content: SWAGGER_LOG_IN_SCRIPT },
        { filename: SCRIPT, content: SWAGGER_SCRIPT },
      ],
    },
    uiHooks: { preHandler },
  });
};
