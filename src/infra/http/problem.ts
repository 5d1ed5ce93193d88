import { thrownWords } from '#infra/apperr/thrown-words.ts';
import type { ErrorObject } from 'ajv';
import { AppError, type FieldIssue } from '#infra/apperr/app-error.ts';
import { issuesOf } from '#infra/config/issues.ts';

/** A Problem Details object, ready to send. */
export interface Problem {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, unknown>>;
}

/**
 * How much an answer tells; the log tells all either way.
 *
 *     minimal     that something was wrong, as far as the caller cannot mend it
 *     standard    also the kind of credential that was refused, and the scope that is missing; of outages no more than `minimal`
 *     detailed    also what was wrong with a credential, and which part of the service is down
 */
export const ERROR_DETAILS = ['minimal', 'standard', 'detailed'] as const;
export type ErrorDetail = (typeof ERROR_DETAILS)[number];

/** All that is told of a state that nobody foresaw. */
const UNEXPECTED = 'The server met an unexpected state.';

/** All that is said of an outage where not all is told: which part of the service is down, or damaged, is no stranger's affair. */
const UNAVAILABLE = 'The service cannot answer this now.';

const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  409: 'Conflict',
  412: 'Precondition Failed',
  413: 'Content Too Large',
  414: 'URI Too Long',
  415: 'Unsupported Media Type',
  417: 'Expectation Failed',
  421: 'Misdirected Request',
  422: 'Unprocessable Content',
  429: 'Too Many Requests',
  431: 'Request Header Fields Too Large',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};

/** Errors that Fastify throws by itself, in our words; their own codes stay out of the answer. */
const FASTIFY_CODES: Readonly<Record<string, readonly [code: string, detail: string, fix?: string]>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: ['body-too-large', 'The request body is larger than this route takes.', 'Send less at once.'],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: [
    'unsupported-media-type',
    'The Content-Type header names no media type.',
    'Send Content-Type: application/json.',
  ],
  FST_ERR_CTP_INVALID_JSON_BODY: [
    'body-not-json',
    'The request body is not valid JSON.',
    'Send one JSON object, without members named __proto__.',
  ],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: ['content-length-mismatch', 'The request body does not have the length that Content-Length says.'],
  FST_ERR_BAD_URL: ['bad-url', 'The request path is not a valid URL.', 'Percent-encode each part of the path as UTF-8.'],
  FST_ERR_MAX_PARAM_LENGTH: [
    'target-too-long',
    'A segment of the request path is longer than any id or name.',
    'Send the id or the name as it is.',
  ],
  FST_ERR_RATE_LIMIT: ['rate-limited', 'Too many requests; wait as Retry-After says.'],
};

const kebab = (text: string): string => text.toLowerCase().replaceAll(' ', '-');

const problem = (
  status: number,
  code: string,
  detail: string,
  rest: { fix?: string | undefined; fields?: readonly FieldIssue[]; members?: object; headers?: Readonly<Record<string, string>> } = {},
): Problem => ({
  status,
  headers: rest.headers ?? {},
  body: {
    type: `urn:passthru:problem:${code}`,
    title: TITLES[status] ?? 'Error',
    status,
    detail,
    code,
    ...(rest.fix === undefined ? {} : { fix: rest.fix }),
    ...(rest.fields === undefined || rest.fields.length === 0 ? {} : { errors: rest.fields }),
    ...rest.members,
  },
});

/** So many of the things that are wrong with one request are told. */
const MAX_ISSUES = 20;

interface FastifyErrorish extends Error {
  readonly statusCode?: number;
  readonly code?: string;
  readonly validation?: readonly ErrorObject[];
  readonly validationContext?: string;
}

const fieldPrefix: Readonly<Record<string, string>> = { querystring: 'query', params: 'path', headers: 'header', body: '' };

const inContext = (issues: readonly FieldIssue[], context: string | undefined): readonly FieldIssue[] =>
  issues.map((issue) => ({ ...issue, field: `${fieldPrefix[context ?? 'body'] ?? ''}${issue.field || '/'}` }));

/** The error of a path that nobody answers. */
export const routeNotFound = (): AppError => new AppError('route-not-found', 404, 'There is no such route.');

/**
 * The error of a method that a resource does not have.
 *
 * @param allowed the methods that it has
 * @see RFC 9110 section 15.5.6
 */
export const methodNotAllowed = (allowed: readonly string[]): AppError =>
  new AppError('method-not-allowed', 405, 'This route does not take this method.', {
    fix: `Use ${allowed.join(', ')}.`,
    headers: { allow: allowed.join(', ') },
  });

/**
 * The problem with no more than `detail` allows. All but `detailed` leave status and headers of an outage, so `Retry-After`, and of a 500 the
 * status alone: its code can tell a stranger what is stored, for example a user whose password hash is damaged.
 */
export const inDetail = (told: Problem, detail: ErrorDetail): Problem => {
  if (detail === 'detailed') return told;
  if (told.status === 500) return problem(500, 'internal-error', UNEXPECTED);
  if (told.status === 503) return problem(503, 'unavailable', UNAVAILABLE, { headers: told.headers });
  return told;
};

/**
 * Any thrown value as Problem Details: what the client may know, and nothing of SQL, paths or stack traces.
 * A value that is neither an AppError nor a client error of Fastify's becomes a bare 500.
 *
 * @see RFC 9457 section 3
 */
export const toProblem = (thrown: unknown): Problem => {
  if (thrown instanceof AppError) {
    const { code, status, message, fix, fields, members, headers } = thrown;
    if (status === 500) return problem(500, code, UNEXPECTED, { headers });
    return problem(status, code, message, { fix, fields, members, headers });
  }
  const error = (thrown instanceof Error ? thrown : new Error(thrownWords(thrown))) as FastifyErrorish;
  if (error.validation !== undefined) {
    const fields = inContext(issuesOf(error.validation, MAX_ISSUES), error.validationContext);
    return problem(400, 'request-invalid', 'The request does not have the form that this route accepts.', { fields });
  }
  const status = error.statusCode ?? 500;
  if (status >= 400 && status < 500) {
    const [code, detail, fix] = FASTIFY_CODES[error.code ?? ''] ?? [
      kebab(TITLES[status] ?? 'bad request'),
      TITLES[status] ?? 'Bad Request',
    ];
    return problem(status, code, detail, { fix });
  }
  return problem(500, 'internal-error', UNEXPECTED);
};
