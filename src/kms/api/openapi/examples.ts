/** A body of a request, one of several that a reader may choose from. */
export interface BodyExample {
  /** For the list to choose from. */
  readonly summary: string;
  readonly value: Readonly<Record<string, unknown>>;
}

/** The examples of an operation. */
export interface OperationExamples {
  /** By the name of the path parameter. */
  readonly path?: Readonly<Record<string, string>>;
  /** By name; the first is filled in. None leaves those of the schema. */
  readonly bodies?: Readonly<Record<string, BodyExample>>;
}

/** By operation id. */
export type ApiExamples = Readonly<Record<string, OperationExamples>>;

interface Parameter {
  readonly name: string;
  readonly in: string;
}

interface MediaType {
  readonly example?: unknown;
  readonly examples?: unknown;
}

interface Operation {
  readonly operationId?: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Readonly<Record<string, MediaType>> };
}

/** An OpenAPI document as far as examples stand in it. */
interface Document {
  readonly paths?: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

const mapValues = <T, U>(record: Readonly<Record<string, T>>, change: (value: T) => U): Record<string, U> =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]));

/** `example` and `examples` exclude each other. @see https://spec.openapis.org/oas/v3.1.1.html#media-type-object */
const mediaTypeWith = ({ example: _one, examples: _several, ...rest }: MediaType, bodies: OperationExamples['bodies']): MediaType => ({
  ...rest,
  examples: bodies,
});

const operationWith = (operation: Operation, examples: OperationExamples | undefined): Operation => {
  if (examples === undefined) return operation;
  const { path = {}, bodies } = examples;
  const { parameters, requestBody } = operation;
  return {
    ...operation,
    ...(parameters && {
      // Swagger UI fills in the example of a parameter, and none of its schema.
      parameters: parameters.map((each) =>
        each.in === 'path' && Object.hasOwn(path, each.name) ? { ...each, example: path[each.name] } : each,
      ),
    }),
    ...(requestBody &&
      bodies && {
        requestBody: { ...requestBody, content: mapValues(requestBody.content, (media) => mediaTypeWith(media, bodies)) },
      }),
  };
};

/** The examples of the batch of an operation (`encryptBatch`): one body with all of those of the operation alone. */
const batchOf = ({ path, bodies }: OperationExamples): OperationExamples => {
  const items = bodies && Object.values(bodies).map(({ value }, index) => ({ reference: `${index + 1}`, ...value }));
  return { ...(path && { path }), ...(items && { bodies: { batch: { summary: 'All of these at once', value: { items } } } }) };
};

const examplesOf = (examples: ApiExamples, id = ''): OperationExamples | undefined => {
  const alone = examples[id.replace(/Batch$/, '')];
  return alone && id.endsWith('Batch') ? batchOf(alone) : alone;
};

/** The same document with these examples in the place of its own. */
export const withExamples = <D extends object>(document: D, examples: ApiExamples): D => {
  const { paths = {} } = document as Document;
  return {
    ...document,
    paths: mapValues(paths, (item) => mapValues(item, (each) => operationWith(each, examplesOf(examples, each.operationId)))),
  };
};
