/**
 * The operations of the KMS as source for `src/client`: routes, and JSON Schemas written as types. A JSON value is a TypeScript type as
 * it stands, and typebox derives from it what a program sends and gets; so nothing here has to know how a schema becomes a type.
 */

interface Schema {
  readonly [keyword: string]: unknown;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
}

interface Content {
  readonly content?: { readonly 'application/json'?: { readonly schema: Schema } };
}

interface Operation {
  readonly operationId?: string;
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly required?: boolean; readonly schema: Schema }[];
  readonly requestBody?: Content;
  readonly responses: Readonly<Record<string, Content>>;
}

/** An OpenAPI document as far as it is read here. */
export interface OpenApiDocument {
  readonly components?: { readonly schemas?: Readonly<Record<string, Schema>> };
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

/** The service URL ends with it. */
const BASE = '/service/api/v1';

/** Keywords that decide on the type of a value; the rest of a schema narrows it or explains it. */
const TYPE_KEYWORDS = new Set([
  'type',
  'properties',
  'required',
  'items',
  'enum',
  'const',
  'anyOf',
  'oneOf',
  'allOf',
  'additionalProperties',
]);

const REFERENCE = '#/components/schemas/';

/**
 * The value with what its references name in their places.
 *
 * @throws TypeError for a reference to nothing
 */
const resolved = (value: unknown, schemas: Readonly<Record<string, Schema>>): unknown => {
  if (Array.isArray(value)) return value.map((each) => resolved(each, schemas));
  if (typeof value !== 'object' || value === null) return value;
  const { $ref } = value as { readonly $ref?: string };
  if ($ref === undefined) return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, resolved(each, schemas)]));
  const found = schemas[$ref.slice(REFERENCE.length)];
  if (!$ref.startsWith(REFERENCE) || found === undefined) throw new TypeError(`${$ref} is not there`);
  return resolved(found, schemas);
};

/** @param isRequest a member with a default may be left out of a request, and is always there in an answer */
const pruned = (value: unknown, isRequest: boolean): unknown => {
  if (Array.isArray(value)) return value.map((each) => pruned(each, isRequest));
  if (typeof value !== 'object' || value === null) return value;
  const { properties, required, ...rest } = value as Schema;
  const kept = Object.entries(rest).filter(([keyword, each]) => TYPE_KEYWORDS.has(keyword) && each !== false);
  const needed = required?.filter((name) => !isRequest || properties?.[name]?.['default'] === undefined) ?? [];
  return {
    ...Object.fromEntries(kept.map(([keyword, each]) => [keyword, keyword === 'enum' ? each : pruned(each, isRequest)])),
    ...(properties === undefined
      ? {}
      : { properties: Object.fromEntries(Object.entries(properties).map(([name, each]) => [name, pruned(each, isRequest)])) }),
    ...(needed.length === 0 ? {} : { required: needed }),
  };
};

const querySchema = (parameters: Operation['parameters'] = []): Schema | null => {
  const query = parameters.filter((parameter) => parameter.in === 'query');
  if (query.length === 0) return null;
  const required = query.filter((parameter) => parameter.required === true).map(({ name }) => name);
  return { type: 'object', properties: Object.fromEntries(query.map(({ name, schema }) => [name, schema])), required };
};

const jsonOf = (part: Content | undefined): Schema | undefined => part?.content?.['application/json']?.schema;

/** @throws TypeError for an operation without a name or without a success */
export const kmsOperationsSource = ({ paths, components }: OpenApiDocument): string => {
  const operations = Object.entries(resolved(paths, components?.schemas ?? {}) as OpenApiDocument['paths'])
    .filter(([path]) => path.startsWith(`${BASE}/`))
    .flatMap(([path, item]) =>
      Object.entries(item).map(([method, operation]) => {
        const success = Object.entries(operation.responses).find(([status]) => /^2\d\d$/.test(status));
        if (operation.operationId === undefined || success === undefined)
          throw new TypeError(`${method} ${path} has no name or no success`);
        const [status, response] = success;
        const body = jsonOf(operation.requestBody);
        const query = querySchema(operation.parameters);
        const takesKey = operation.parameters?.some(({ name, in: place }) => place === 'header' && name === 'Idempotency-Key') === true;
        return {
          name: operation.operationId,
          route: { method: method.toUpperCase(), path: path.slice(BASE.length), status: Number(status), ...(takesKey && { takesKey }) },
          schemas: {
            ...(query === null ? {} : { query: pruned(query, true) }),
            ...(body === undefined ? {} : { body: pruned(body, true) }),
            answer: pruned(jsonOf(response) ?? {}, false),
          },
        };
      }),
    )
    .toSorted((a, b) => a.name.localeCompare(b.name));
  const members = (member: 'route' | 'schemas'): string =>
    operations.map((each) => `${each.name}: ${JSON.stringify(each[member])},`).join('\n');
  return `// Generated from the OpenAPI document of the KMS by \`npm run generate\`; a test fails where the two differ.

/** Of each operation: method, path below the service URL, status of its success, and whether it takes an Idempotency-Key. */
export const KMS_ROUTES = {
${members('route')}
} as const;

/** JSON Schemas, written as types, of each operation: its query, its body, the body of its success. */
export interface KmsSchemas {
${members('schemas')}
}
`;
};
