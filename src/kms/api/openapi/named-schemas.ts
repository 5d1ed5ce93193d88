/** A JSON Schema as far as it is read here. */
interface Schema {
  readonly [keyword: string]: unknown;
  readonly title?: string;
}

interface Content {
  readonly content?: Readonly<Record<string, { readonly schema?: Schema }>>;
}

interface Operation {
  readonly operationId?: string;
  readonly requestBody?: Content;
  readonly responses?: Readonly<Record<string, Content>>;
}

/** An OpenAPI document as far as schemas stand in it. */
interface Document {
  readonly paths?: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components?: { readonly schemas?: Readonly<Record<string, unknown>> };
}

/** Keywords whose value is a schema, a list of schemas, or schemas by name. */
const NESTED = new Set(['items', 'additionalProperties', 'anyOf', 'oneOf', 'allOf', 'properties']);

const isSchema = (value: unknown): value is Schema => typeof value === 'object' && value !== null && !Array.isArray(value);
const isName = (title: string | undefined): title is string => title !== undefined && /^[A-Z][A-Za-z0-9]*$/.test(title);
const pascal = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

const mapValues = <T, U>(record: Readonly<Record<string, T>>, change: (value: T, name: string) => U): Record<string, U> =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value, name)]));

/** All that decides on values: a list of words is the same one wherever it stands, and is described for the place. */
const factsOf = ({ description: _described, ...facts }: Schema): string => JSON.stringify(facts);

/** Collects what has a name, and puts a reference in its place. */
const createNaming = () => {
  const schemas: Record<string, Schema> = {};

  const named = (name: string, schema: Schema): Schema => {
    const known = schemas[name];
    if (known !== undefined && factsOf(known) !== factsOf(schema)) throw new TypeError(`two schemas are named ${name}`);
    schemas[name] = known ?? schema;
    return { $ref: `#/components/schemas/${name}` };
  };

  const nested = (keyword: string, value: unknown): unknown => {
    if (!NESTED.has(keyword)) return value;
    if (Array.isArray(value)) return value.map((each: unknown) => (isSchema(each) ? lifted(each) : each));
    if (!isSchema(value)) return value;
    return keyword === 'properties' ? mapValues(value, (each) => (isSchema(each) ? lifted(each) : each)) : lifted(value);
  };

  /** @param fallback the name of a schema that has none of its own */
  const lifted = (schema: Schema, fallback?: string): Schema => {
    const { title, ...rest } = schema;
    const inner = mapValues(rest, (value, keyword) => nested(keyword, value));
    if (isName(title)) return named(title, inner);
    const anonymous = title === undefined ? inner : { title, ...inner };
    return fallback === undefined || '$ref' in inner ? anonymous : named(fallback, anonymous);
  };

  return { schemas, lifted };
};

/**
 * The same document with every schema that has a title in PascalCase among its components, once, and a reference wherever it stood. The
 * body of a request without such a title is called by its operation, `EncryptRequest`, and that of a success `EncryptResponse`; so
 * generated clients have types with names, and these stay.
 *
 * @throws TypeError for two schemas with one name
 * @see https://spec.openapis.org/oas/v3.1.1.html#components-object
 */
export const withNamedSchemas = <D extends object>(document: D): D => {
  const { paths = {}, components } = document as Document;
  const { schemas, lifted } = createNaming();

  const contentOf = <C extends Content>(part: C, name: string | undefined): C =>
    part.content === undefined
      ? part
      : {
          ...part,
          content: mapValues(part.content, ({ schema, ...media }) => ({ ...media, ...(schema && { schema: lifted(schema, name) }) })),
        };

  const operationOf = (operation: Operation): Operation => {
    const { operationId, requestBody, responses } = operation;
    const name = (end: string): string | undefined => (operationId === undefined ? undefined : pascal(operationId) + end);
    return {
      ...operation,
      ...(requestBody && { requestBody: contentOf(requestBody, name('Request')) }),
      ...(responses && {
        responses: mapValues(responses, (response, status) => contentOf(response, status.startsWith('2') ? name('Response') : undefined)),
      }),
    };
  };

  const named = mapValues(paths, (item) => mapValues(item, operationOf));
  return { ...document, paths: named, components: { ...components, schemas: { ...components?.schemas, ...schemas } } };
};
