import swagger from '@fastify/swagger';
import type { App } from '#infra/http/server.ts';
import { BROWSER_DOCUMENT_PATH, type DescribedBrowserApi, forBrowsers, forServices } from './browser-document.ts';
import type { DemoAccount, DemoApi } from './demo-api.ts';
import { withErrorStatuses } from './error-statuses.ts';
import { withExamples } from './examples.ts';
import type { LogIn } from './log-in.ts';
import { withNamedSchemas } from './named-schemas.ts';
import { withRepeatedParameters } from './repeated-parameters.ts';
import { withRequiredScope } from './required-scope.ts';
import { registerSwaggerUi } from './swagger-ui.ts';

const BASIC = 'User of a realm (RFC 7617).';

const DOCUMENT = {
  openapi: '3.1.0',
  info: {
    title: 'passthru KMS',
    version: '1',
    description: 'Elastic keys, their material keys, and cryptography with them. The tenant is that of the credential.',
  },
  components: {
    securitySchemes: {
      bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'Access token of Identity (RFC 9068).' },
      basic: { type: 'http', scheme: 'basic', description: BASIC },
      certificate: { type: 'mutualTLS', description: 'Client certificate that realms.yml maps to a tenant.' },
    },
  },
  security: [{ bearer: [] }, { basic: [] }, { certificate: [] }],
};

/** Markdown for the dialog in which Swagger UI asks for name and password. */
const basicWith = (accounts: readonly DemoAccount[]): string =>
  [
    BASIC,
    '',
    'Accounts of the demo, whose passwords are public: **never for real data.**',
    '',
    '| User | Password | Role |',
    '|---|---|---|',
    ...accounts.map(({ username, password, roles }) => `| \`${username}\` | \`${password}\` | ${roles.join(', ')} |`),
  ].join('\n');

const documentFor = (demo: DemoApi | null): typeof DOCUMENT => {
  const document = structuredClone(DOCUMENT);
  if (demo !== null) document.components.securitySchemes.basic.description = basicWith(demo.accounts);
  return document;
};

/**
 * `GET /openapi.json`, and the Swagger UI at `/ui/swagger/` where it is switched on. To be called before the routes are added.
 *
 * @param options.logIn where people log in from the Swagger UI; null where they cannot
 * @param options.browser null where there is no browser API; else it is described at `/browser/openapi.json`
 * @param options.demo null where the demo does not run: the examples are of no key that there is
 * @see https://spec.openapis.org/oas/v3.1.1.html
 */
export const registerOpenApi = async (
  app: App,
  {
    swaggerUi,
    logIn,
    browser,
    demo,
  }: {
    readonly swaggerUi: boolean;
    readonly logIn: LogIn | null;
    readonly browser: DescribedBrowserApi | null;
    readonly demo: DemoApi | null;
  },
): Promise<void> => {
  await app.register(swagger, { openapi: documentFor(demo) as never, transform: withRequiredScope as never });
  const serve = (path: string, select: <D extends object>(document: D) => D): void => {
    let described: object | undefined;
    const describe = (): object =>
      (described ??= withNamedSchemas(withErrorStatuses(withRepeatedParameters(select(app.swagger() as object)))));
    let text: string | undefined;
    app.get(path, { schema: { hide: true } }, async (_request, reply) => {
      reply.type('application/json');
      // A reset of the demo gives its keys other ids.
      if (demo !== null) return reply.header('cache-control', 'no-store').send(withExamples(describe(), await demo.examples()));
      text ??= JSON.stringify(describe());
      return reply.send(text);
    });
  };
  serve('/openapi.json', forServices);
  if (browser !== null) serve(BROWSER_DOCUMENT_PATH, (document) => forBrowsers(document, browser));
  if (swaggerUi) await registerSwaggerUi(app, { accounts: demo?.accounts ?? [], logIn, browser });
};
