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

type Side = 'request' | 'answer';
/** The interfaces of the schemas that have a name. */
const NAMED = { request: 'KmsSent', answer: 'KmsTold' } as const satisfies Record<Side, string>;

/** Where a request or an answer names a schema: quoted by JSON, it is found again and becomes the name of a type. */
const MARK = 'named:';

/** @param side a member with a default may be left out of a request, and is always there in an answer */
const pruned = (value: unknown, side: Side): unknown => {
  if (Array.isArray(value)) return value.map((each) => pruned(each, side));
  if (typeof value !== 'object' || value === null) return value;
  const { properties, required, $ref, ...rest } = value as Schema & { readonly $ref?: string };
  if ($ref !== undefined) return `${MARK}${NAMED[side]}/${$ref.slice(REFERENCE.length)}`;
  const kept = Object.entries(rest).filter(([keyword, each]) => TYPE_KEYWORDS.has(keyword) && each !== false);
  const needed = required?.filter((name) => side === 'answer' || properties?.[name]?.['default'] === undefined) ?? [];
  return {
    ...Object.fromEntries(kept.map(([keyword, each]) => [keyword, keyword === 'enum' ? each : pruned(each, side)])),
    ...(properties === undefined
      ? {}
      : { properties: Object.fromEntries(Object.entries(properties).map(([name, each]) => [name, pruned(each, side)])) }),
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

const MARKED = new RegExp(`"${MARK}(\\w+)/(\\w+)"`, 'g');
const namesIn = (text: string, side: Side): readonly string[] =>
  [...text.matchAll(MARKED)].flatMap(([, of, name = '']) => (of === NAMED[side] ? [name] : []));

/**
 * The named schemas that a text needs, and those that they need, a member each.
 *
 * @throws TypeError for a reference to nothing
 */
const namedMembers = (text: string, side: Side, schemas: Readonly<Record<string, Schema>>): string => {
  const members = new Map<string, string>();
  const wanted = [...namesIn(text, side)];
  for (const name of wanted) {
    if (members.has(name)) continue;
    const schema = schemas[name];
    if (schema === undefined) throw new TypeError(`${REFERENCE}${name} is not there`);
    const member = JSON.stringify(pruned(schema, side));
    members.set(name, member);
    wanted.push(...namesIn(member, side));
  }
  return [...members]
    .toSorted(([one], [other]) => one.localeCompare(other))
    .map(([name, member]) => `${name}: ${member},`)
    .join('\n');
};

/** @throws TypeError for an operation without a name or without a success, and for a reference to nothing */
export const kmsOperationsSource = ({ paths, components }: OpenApiDocument): string => {
  const operations = Object.entries(paths)
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
            ...(query === null ? {} : { query: pruned(query, 'request') }),
            ...(body === undefined ? {} : { body: pruned(body, 'request') }),
            answer: pruned(jsonOf(response) ?? {}, 'answer'),
          },
        };
      }),
    )
    .toSorted((a, b) => a.name.localeCompare(b.name));
  const members = (member: 'route' | 'schemas'): string =>
    operations.map((each) => `${each.name}: ${JSON.stringify(each[member])},`).join('\n');
  const schemas = members('schemas');
  const named = (side: Side): string => namedMembers(schemas, side, components?.schemas ?? {});
  const source = `// Generated from the OpenAPI document of the KMS by \`npm run generate\`; a test fails where the two differ.

/** Of each operation: method, path below the service URL, status of its success, and whether it takes an Idempotency-Key. */
export const KMS_ROUTES = {
${members('route')}
} as const;

/** JSON Schemas, written as types, of each operation: its query, its body, the body of its success. */
export interface KmsSchemas {
${schemas}
}

/** The schemas with a name, as they are in requests: a member with a default may be left out. */
export interface KmsSent {
${named('request')}
}

/** The schemas with a name, as they are in answers. */
export interface KmsTold {
${named('answer')}
}
`;
  return source.replaceAll(MARKED, (_, of: string, name: string) => `${of}['${name}']`);
};
