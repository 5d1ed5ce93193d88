interface Schema {
  readonly type?: string;
  readonly anyOf?: readonly Schema[];
}

/** A parameter of a query that is given once or several times. */
interface Parameter {
  readonly in: string;
  readonly schema?: Schema;
}

interface Operation {
  readonly parameters?: readonly Parameter[];
}

interface Document {
  readonly paths?: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

const asList = (parameter: Parameter): Parameter => {
  const list = parameter.in === 'query' ? parameter.schema?.anyOf?.find(({ type }) => type === 'array') : undefined;
  return list === undefined ? parameter : { ...parameter, schema: list };
};

const withLists = (operation: Operation): Operation => ({
  ...operation,
  ...(operation.parameters && { parameters: operation.parameters.map(asList) }),
});

const mapValues = <T, U>(record: Readonly<Record<string, T>>, change: (value: T) => U): Record<string, U> =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]));

/**
 * The same document with a list as the schema of each parameter that may be given once or several times. The server sees a text where it
 * is given once; on the way both look like the list (`?label=a&label=b`), and generated clients know no choice between a text and a list.
 *
 * @see https://spec.openapis.org/oas/v3.1.1.html#style-values
 */
export const withRepeatedParameters = <D extends object>(document: D): D => {
  const { paths = {} } = document as Document;
  return { ...document, paths: mapValues(paths, (item) => mapValues(item, withLists)) };
};
