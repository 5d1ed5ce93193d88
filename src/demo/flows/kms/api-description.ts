import type { HttpsResponse } from '#infra/http/client.ts';
import type { Session } from '#client/session/session.ts';
import { answered, from, list, observed, words } from '#demo/evidence/taken.ts';
import type { Checker } from '#demo/step/checker.ts';
import type { StepWork } from '#demo/step/step.ts';
import { faultsOf, routesOf } from './openapi-document.ts';

/** The routes that the KMS has below the base path of its service. */
const ROUTES = [
  'GET /algorithms',
  'GET /elastic-keys',
  'POST /elastic-keys',
  'GET /elastic-keys/{id}',
  'PATCH /elastic-keys/{id}',
  'GET /elastic-keys/{id}/material-keys',
  'POST /elastic-keys/{id}/material-keys',
  'GET /elastic-keys/{id}/material-keys/{kid}',
  'GET /elastic-keys/{id}/jwks',
  ...['encrypt', 'decrypt', 'rewrap', 'sign', 'verify', 'wrap', 'unwrap', 'generate'].map((each) => `POST /elastic-keys/{id}/${each}`),
];

/** The KMS describes itself: an OpenAPI document with every route, and a page to try them out where that is switched on. */
export const run: StepWork = async ({ stack, check }) => {
  const session = await stack.session();
  const { service, openapi, swagger } = stack.endpoints.kms;
  const described = await session.get(openapi);
  await check('document', 'GET /openapi.json', '200', answered(described));
  const document = described.json<unknown>();
  await check('valid', 'What keeps it from being OpenAPI 3.1', 'nothing', observed(TOO_LARGE, faultsOf(document)[0] ?? 'nothing'));

  const base = new URL(service).pathname.replace(/\/$/, '');
  const routes = routesOf(document).filter(({ path }) => path.startsWith(`${base}/`));
  const names = routes.map(({ method, path }) => `${method} ${path.slice(base.length)}`);
  const missing = ROUTES.filter((route) => !names.includes(route));
  await check('routes', 'Routes of the service that it does not name', 'none', observed(TOO_LARGE, missing.join(', ') || 'none'));
  const answers = await Promise.all(
    routes.map(({ method, path }) => session.request({ method, url: new URL(path.replaceAll(/\{\w+\}/g, NO_ID), service) })),
  );
  await check(
    'guarded',
    'Routes that it names, each there and closed without a credential',
    ['401 credential-missing'],
    list(answers.map(answered)).distinct,
  );

  if (swagger === null) {
    await check('no-page', 'Swagger UI, switched off', '404 route-not-found', session.get(new URL('/ui/swagger/', service)).then(answered));
    return `${routes.length} routes of OpenAPI 3.1`;
  }
  await checkPage(session, await session.get(swagger), swagger, check);
  return `${routes.length} routes of OpenAPI 3.1 · Swagger UI`;
};

/** Why a check cannot be made again from a record. */
const TOO_LARGE = 'the description of the API is larger than what a record keeps of an answer';

/** Any id will do: without a credential nobody looks at it. */
const NO_ID = '00000000-0000-7000-8000-000000000000';

const checkPage = async (session: Session, page: HttpsResponse, url: string, check: Checker): Promise<void> => {
  await check('page', 'Swagger UI', '200 text/html', words(from(page).status, from(page).header('content-type').before(';').or('no type')));
  await check(
    'policy',
    'Its policy lets scripts in from',
    "'self'",
    from(page).header('content-security-policy').directive('script-src').or('anywhere'),
  );
  await check(
    'policy-rest',
    'and anything else from',
    "'none'",
    from(page).header('content-security-policy').directive('default-src').or('anywhere'),
  );
  const sources = [...page.text.matchAll(/<script\b[^>]*\bsrc="([^"]+)"/g)].map(([, source = '']) => new URL(source, url));
  const served = await Promise.all(sources.map((source) => session.request({ method: 'HEAD', url: source })));
  await check('scripts', 'Its scripts are served', ['200', '200', '200'], list(served.map(answered)));
};
