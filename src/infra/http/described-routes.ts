import { problemSchema } from './problem-schema.ts';
import type { App } from './server.ts';

type Json = Readonly<Record<string, unknown>>;

/** What a route says of itself; each part is a JSON Schema. */
interface Described {
  readonly summary?: string;
  readonly description?: string;
  readonly tags?: readonly string[];
  readonly hide?: boolean;
  readonly params?: Json;
  readonly querystring?: Json;
  readonly headers?: Json;
  readonly body?: Json;
  readonly response?: Readonly<Record<string, Json>>;
}

interface Route {
  readonly methods: readonly string[];
  readonly url: string;
  readonly schema: Described;
}

const PARTS = { path: 'params', query: 'querystring', header: 'headers' } as const;

const parametersOf = (schema: Described): readonly Json[] =>
  Object.entries(PARTS).flatMap(([place, part]) => {
    const { properties = {}, required = [] } = (schema[part] ?? {}) as {
      readonly properties?: Json;
      readonly required?: readonly string[];
    };
    return Object.entries(properties).map(([name, value]) => ({ name, in: place, required: required.includes(name), schema: value }));
  });

/** Of an answer; without a body where that is null, and with a media type of its own where the route says one. */
const answerOf = ({ description, headers, content, ...schema }: Json): Json => ({
  description: description ?? 'Done.',
  ...(headers === undefined
    ? {}
    : { headers: Object.fromEntries(Object.entries(headers as Json).map(([name, each]) => [name, { schema: each }])) }),
  ...(content !== undefined ? { content } : schema['type'] === 'null' ? {} : { content: { 'application/json': { schema } } }),
});

const REFUSAL = {
  description: 'Problem Details (RFC 9457).',
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
};

/** `get-clients-by-client_id` of `GET /admin/v1/clients/:client_id`. */
const operationIdOf = (method: string, url: string): string => {
  const segments = url.split('/').filter((segment) => !['', 'admin', 'v1'].includes(segment));
  return [method, ...segments.map((segment) => segment.replace(':', 'by-'))].join('-');
};

const operationOf = (method: string, { url, schema }: Route): Json => {
  const parameters = parametersOf(schema);
  return {
    operationId: operationIdOf(method, url),
    summary: schema.summary,
    ...(schema.description === undefined ? {} : { description: schema.description }),
    tags: schema.tags,
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(schema.body === undefined ? {} : { requestBody: { required: true, content: { 'application/json': { schema: schema.body } } } }),
    responses: {
      ...Object.fromEntries(Object.entries(schema.response ?? {}).map(([status, answer]) => [status, answerOf(answer)])),
      default: REFUSAL,
    },
  };
};

/** `/clients/:client_id` as OpenAPI writes it. */
const pathOf = (url: string): string => url.replaceAll(/:(\w+)/g, '{$1}');

/**
 * `GET /openapi.json` of a listener for operators: each of its routes that has a summary, as its schemas say. To be called before the
 * routes are added; the document is made when somebody asks for it.
 *
 * @see https://spec.openapis.org/oas/v3.1.1.html
 */
export const describeRoutes = (
  app: App,
  info: { readonly title: string; readonly version: string; readonly description: string },
): void => {
  const routes: Route[] = [];
  app.addHook('onRoute', ({ method, url, schema = {} }) => {
    const methods = [method].flat().map((each) => each.toLowerCase());
    routes.push({ methods: methods.filter((each) => each !== 'head'), url, schema: schema as Described });
  });
  const describe = (): Json => {
    const paths: Record<string, Json> = {};
    for (const route of routes) {
      const { methods, url, schema } = route;
      if (schema.summary === undefined || schema.hide === true) continue;
      paths[pathOf(url)] = { ...paths[pathOf(url)], ...Object.fromEntries(methods.map((method) => [method, operationOf(method, route)])) };
    }
    return {
      openapi: '3.1.0',
      info,
      paths,
      components: {
        schemas: { Problem: problemSchema },
        securitySchemes: { operator: { type: 'mutualTLS', description: 'The client certificate of an operator.' } },
      },
      security: [{ operator: [] }],
    };
  };
  app.get('/openapi.json', { schema: { hide: true } }, async (_request, reply) =>
    reply.type('application/json').send(JSON.stringify(describe())),
  );
};
