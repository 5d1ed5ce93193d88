/** An OpenAPI document as far as it is looked at; anything may be missing or of another type. */
interface Document {
  readonly openapi?: unknown;
  readonly info?: { readonly title?: unknown; readonly version?: unknown };
  readonly paths?: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components?: { readonly securitySchemes?: Readonly<Record<string, { readonly type?: unknown }>> };
  readonly security?: readonly Readonly<Record<string, unknown>>[];
}

interface Operation {
  readonly operationId?: unknown;
  readonly parameters?: readonly { readonly name?: unknown; readonly in?: unknown; readonly required?: unknown }[];
  readonly responses?: Readonly<Record<string, { readonly description?: unknown }>>;
}

/** One operation, for example `{ method: 'POST', path: '/service/api/v1/elastic-keys/{id}/sign' }`. */
export interface Route {
  readonly method: string;
  readonly path: string;
}

const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'];
const SCHEME_TYPES = ['apiKey', 'http', 'mutualTLS', 'oauth2', 'openIdConnect'];

/** Every operation of a document. */
export const routesOf = (document: unknown): readonly Route[] =>
  operationsOf(document as Document).map(({ method, path }) => ({ method: method.toUpperCase(), path }));

/**
 * The faults that keep a document from being OpenAPI 3.1: parts that are missing, parameters that a path does not declare, ids that two
 * operations share.
 *
 * @see https://spec.openapis.org/oas/v3.1.1.html
 */
export const faultsOf = (given: unknown): readonly string[] => {
  const document = (given ?? {}) as Document;
  const operations = operationsOf(document);
  const ids = operations.flatMap(({ operation }) => (typeof operation.operationId === 'string' ? [operation.operationId] : []));
  const schemes = Object.entries(document.components?.securitySchemes ?? {});
  const required = (document.security ?? []).flatMap((requirement) => Object.keys(requirement));
  return [
    ...(/^3\.1\.\d+$/.test(String(document.openapi)) ? [] : [`openapi is ${String(document.openapi)}`]),
    ...(['title', 'version'] as const).filter((name) => typeof document.info?.[name] !== 'string').map((name) => `info has no ${name}`),
    ...(operations.length === 0 ? ['it has no paths'] : []),
    ...operations.flatMap(faultsOfOperation),
    ...ids.filter((id, at) => ids.indexOf(id) !== at).map((id) => `two operations are called ${id}`),
    ...schemes.filter(([, { type }]) => !SCHEME_TYPES.includes(String(type))).map(([name]) => `security scheme ${name} has no type`),
    ...required.filter((name) => !schemes.some(([known]) => known === name)).map((name) => `security scheme ${name} is not defined`),
  ];
};

interface Located extends Route {
  readonly operation: Operation;
}

const operationsOf = ({ paths = {} }: Document): readonly Located[] =>
  Object.entries(paths).flatMap(([path, item]) => Object.entries(item).map(([method, operation]) => ({ method, path, operation })));

const faultsOfOperation = ({ method, path, operation }: Located): readonly string[] => {
  const where = `${method.toUpperCase()} ${path}`;
  const named = [...path.matchAll(/\{([^}]+)\}/g)].map(([, name]) => name);
  const declared = (operation.parameters ?? []).filter((parameter) => parameter.in === 'path');
  const responses = Object.entries(operation.responses ?? {});
  return [
    ...(path.startsWith('/') ? [] : [`${where} does not begin with /`]),
    ...(METHODS.includes(method) ? [] : [`${where}: there is no such method`]),
    ...named.filter((name) => !declared.some((parameter) => parameter.name === name)).map((name) => `${where} does not declare ${name}`),
    ...declared
      .filter(({ name, required }) => required !== true || !named.includes(String(name)))
      .map(({ name }) => `${where}: ${String(name)} is not a required part of the path`),
    ...(responses.length === 0 ? [`${where} has no responses`] : []),
    ...responses
      .filter(([status, { description }]) => !/^([1-5](\d\d|XX)|default)$/.test(status) || typeof description !== 'string')
      .map(([status]) => `${where}: response ${status} is not described`),
  ];
};
