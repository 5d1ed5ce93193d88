/** A JSON Schema, as far as configuration uses it. */
export interface Schema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  /** Of a map whose names are not fixed: one entry, for all of them. */
  readonly patternProperties?: Readonly<Record<string, Schema>>;
  readonly anyOf?: readonly Schema[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly default?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly description?: string;
  readonly 'x-path'?: boolean;
  /** A default that the code knows, where one of JSON Schema has no effect. */
  readonly 'x-default'?: unknown;
}

/** One setting of a configuration file. */
export interface ConfigurationRow {
  /** For example `server.tls.ca`, or `identity.issuers[].issuer`. */
  readonly path: string;
  readonly value: string;
  /** Undefined where there is none. */
  readonly default: unknown;
  readonly isRequired: boolean;
  readonly meaning: string;
}

/**
 * Every setting of a schema, in its order: a row for each value, each list and each map that may be left out, none for a map that only
 * holds others. Where a map has several forms (`kind: sqlite`), they follow each other.
 */
export const configurationRows = (schema: Schema, path = '', isRequired = true): readonly ConfigurationRow[] => {
  const own = rowOf(schema, path, isRequired);
  const forms = formsOf(schema);
  if (forms.length > 0) {
    const members = forms.flatMap(({ properties = {}, required = [] }) =>
      Object.entries(properties).flatMap(([name, member]) =>
        configurationRows(member, path === '' ? name : `${path}.${name}`, required.includes(name)),
      ),
    );
    return isRequired ? members : [own, ...members];
  }
  const { items } = schema;
  return items === undefined || formsOf(items).length === 0 ? [own] : [own, ...configurationRows(items, `${path}[]`)];
};

/** The maps that a value may be; none for a value that is no map. */
const formsOf = (schema: Schema): readonly Schema[] => {
  if (schema.properties !== undefined) return [schema];
  const { anyOf = [] } = schema;
  return anyOf.every(({ properties }) => properties !== undefined) ? anyOf : [];
};

const rowOf = (schema: Schema, path: string, isRequired: boolean): ConfigurationRow => ({
  path,
  value: valueOf(schema),
  default: schema.default ?? schema['x-default'],
  isRequired,
  meaning: schema.description ?? '',
});

const code = (value: unknown): string => `\`${String(value)}\``;

const valueOf = (schema: Schema): string => {
  const { type, items, anyOf, minimum, maximum, patternProperties } = schema;
  const [each] = Object.values(patternProperties ?? {});
  if (formsOf(schema).length > 0) return 'a map';
  if (schema.const !== undefined) return code(schema.const);
  if (schema.enum !== undefined) return schema.enum.map(code).join(', ');
  if (anyOf !== undefined) return anyOf.map(valueOf).join(', ');
  if (items !== undefined) return formsOf(items).length > 0 ? 'a list of maps' : `a list: ${valueOf(items)}`;
  if (each !== undefined) return `a map of names: ${valueOf(each)}`;
  if (schema['x-path'] === true) return 'a path';
  if (type === 'boolean') return 'true or false';
  if (type === 'integer') return `a whole number from ${minimum} to ${maximum}`;
  if (type === 'string') return 'text';
  throw new TypeError(`the reference of the configuration has no words for ${JSON.stringify(schema)}`);
};
