interface Operation {
  readonly tags?: readonly string[];
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
  readonly requestBody?: unknown;
  readonly responses?: Readonly<Record<string, object>>;
}

/** An OpenAPI document as far as answers stand in it. */
interface Document {
  readonly paths?: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

/** When an operation answers with a status, and why it does. */
interface ErrorStatus {
  readonly description: string;
  readonly isOf: (operation: { readonly path: string } & Operation) => boolean;
}

const hasParameter = ({ parameters = [] }: Operation, place: string, name: string): boolean =>
  parameters.some((each) => each.in === place && each.name.toLowerCase() === name);
const isChange = (operation: Operation): boolean => hasParameter(operation, 'header', 'idempotency-key');
const always = (): boolean => true;

const CLIENT_ERRORS: Readonly<Record<string, ErrorStatus>> = {
  400: {
    description: 'The request has not the form of this operation; `errors` names the fields.',
    isOf: ({ parameters, requestBody }) => parameters !== undefined || requestBody !== undefined,
  },
  401: { description: 'No valid credential.', isOf: always },
  403: { description: 'The credential lacks the scope of this operation.', isOf: always },
  404: { description: 'There is none such in this tenant.', isOf: ({ path }) => path.includes('{') },
  409: {
    description: 'The state of the key, or of the tenant, does not allow it.',
    isOf: (operation) => isChange(operation) || operation.requestBody !== undefined,
  },
  412: { description: 'It is not as `If-Match` says.', isOf: (operation) => hasParameter(operation, 'header', 'if-match') },
  413: { description: 'The body is too large.', isOf: ({ requestBody }) => requestBody !== undefined },
  415: { description: 'The body is not JSON.', isOf: ({ requestBody }) => requestBody !== undefined },
  422: { description: 'The `Idempotency-Key` came with another request before.', isOf: isChange },
  429: { description: 'Too many requests; `Retry-After` says when to ask again.', isOf: always },
};

const SERVER_ERRORS: Readonly<Record<string, ErrorStatus>> = {
  500: { description: 'A fault of the service.', isOf: always },
  503: { description: 'The service is sealed, or a part of it that is needed is down.', isOf: always },
};

const RANGES: Readonly<Record<string, Readonly<Record<string, ErrorStatus>>>> = { '4XX': CLIENT_ERRORS, '5XX': SERVER_ERRORS };

/** The answer of a range as one of each of its statuses that the operation has. */
const expanded =
  (path: string, operation: Operation) =>
  ([status, response]: readonly [string, object]): [string, object][] => {
    const range = RANGES[status];
    if (range === undefined) return [[status, response]];
    return Object.entries(range).flatMap(([each, { description, isOf }]) =>
      isOf({ path, ...operation }) ? [[each, { ...response, description }]] : [],
    );
  };

/** The same document with the statuses that errors really have in the place of `4XX` and `5XX`, which many generators leave out. */
export const withErrorStatuses = <D extends object>(document: D): D => {
  const { paths = {} } = document as Document;
  const named = Object.entries(paths).map(([path, item]) => [
    path,
    Object.fromEntries(
      Object.entries(item).map(([method, operation]) => [
        method,
        { ...operation, responses: Object.fromEntries(Object.entries(operation.responses ?? {}).flatMap(expanded(path, operation))) },
      ]),
    ),
  ]);
  return { ...document, paths: Object.fromEntries(named) };
};
