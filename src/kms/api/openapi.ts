import swagger from '@fastify/swagger';
import type { App } from '#infra/http/server.ts';

/** The Swagger UI may load its own files, no inline script, and nothing from another host. */
const UI_POLICY = {
  'default-src': "'none'",
  'script-src': "'self'",
  // The one style element that the bundle adds to its page; another version of it needs another hash.
  'style-src': "'self' 'sha256-RL3ie0nH+Lzz2YNqQN83mnU0J1ot4QL7b99vMdIX99w='",
  'img-src': "'self' data:",
  'connect-src': "'self'",
  'base-uri': "'none'",
  'form-action': "'none'",
  'frame-ancestors': "'none'",
};

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
      basic: { type: 'http', scheme: 'basic', description: 'User of a realm (RFC 7617).' },
      certificate: { type: 'mutualTLS', description: 'Client certificate that realms.yml maps to a tenant.' },
    },
  },
  security: [{ bearer: [] }, { basic: [] }, { certificate: [] }],
} as const;

/**
 * `GET /openapi.json`, and the Swagger UI at `/ui/swagger/` where it is switched on. To be called before the routes are added.
 *
 * @see https://spec.openapis.org/oas/v3.1.1.html
 */
export const registerOpenApi = async (app: App, options: { readonly swaggerUi: boolean }): Promise<void> => {
  await app.register(swagger, { openapi: structuredClone(DOCUMENT) as never });
  let document: string | undefined;
  app.get('/openapi.json', { schema: { hide: true } }, async (_request, reply) => {
    document ??= JSON.stringify(app.swagger());
    return reply.type('application/json').send(document);
  });
  if (!options.swaggerUi) return;
  const { default: swaggerUi } = await import('@fastify/swagger-ui');
  await app.register(swaggerUi, { routePrefix: '/ui/swagger', staticCSP: UI_POLICY, indexPrefix: '' });
};
