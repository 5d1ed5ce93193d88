import type { HttpsResponse } from '#infra/http/client.ts';
import type { Session } from '#client/session/session.ts';
import { expectStatus, problemOf } from '../problem.ts';
import { untilAnswered } from './until-answered.ts';
import { KMS_ROUTES } from './operations.gen.ts';
import type { ElasticKey, KmsAnswer, KmsList, KmsListItem, KmsOperation, KmsRequest } from './operations.ts';

/** The service API of the KMS as one caller sees it; the tenant is that of the credential. */
export interface KmsApi {
  /**
   * An operation that must succeed. A change whose connection breaks off is asked for again: its Idempotency-Key keeps it from being made
   * twice.
   *
   * @param options.idempotencyKey of a change that the caller may ask for again himself; a new one by default
   * @throws AppError `unexpected-answer`, the Problem Details of the KMS as its cause
   */
  invoke<O extends KmsOperation>(operation: O, request: KmsRequest<O>, options?: InvokeOptions): Promise<KmsAnswer<O>>;
  /** Every entry of a list, page after page, in the order of the API. @throws AppError `unexpected-answer` */
  all<O extends KmsList>(operation: O, request: KmsRequest<O>): Promise<readonly KmsListItem<O>[]>;
  /** The elastic key of the tenant with this name. @throws AppError `unexpected-answer` */
  elasticKeyNamed(name: string): Promise<ElasticKey | undefined>;
  /** Any request below the service URL, and its answer whatever it is: for refusals, and for requests that the API does not allow. */
  call(method: string, path: string, body?: Readonly<Record<string, unknown>>): Promise<HttpsResponse>;
}

interface InvokeOptions {
  readonly idempotencyKey?: string;
}

/** Parameters of a query; one that has several values stands there as often. */
type Query = Readonly<Record<string, string | readonly string[]>>;

const searchOf = (query: Query): string =>
  new URLSearchParams(Object.entries(query).flatMap(([name, values]) => [values].flat().map((value) => [name, value]))).toString();

/** The request of any operation. */
interface AnyRequest {
  readonly path?: Readonly<Record<string, string>>;
  readonly query?: Query;
  readonly body?: Readonly<Record<string, unknown>>;
}

interface Page<T> {
  readonly items: readonly T[];
  readonly next_cursor: string | null;
}

/**
 * @param options.url of the service, for example `https://localhost:8081/service/api/v1`
 * @param options.authorization header value; without it the session's client certificate is the credential
 */
export const kmsApi = (options: { readonly url: string; readonly session: Session; readonly authorization?: string }): KmsApi => {
  const { session, authorization } = options;
  const headers: Record<string, string> = authorization === undefined ? {} : { authorization };
  const base = options.url.replace(/\/$/, '');
  const send = (method: string, path: string, body: AnyRequest['body'], more: Record<string, string> = {}): Promise<HttpsResponse> =>
    session.request({ method, url: `${base}${path}`, headers: { ...headers, ...more }, ...(body === undefined ? {} : { body }) });

  const succeed = async (operation: KmsOperation, request: AnyRequest, options: InvokeOptions = {}): Promise<HttpsResponse> => {
    const { path: parameters = {}, query = {}, body } = request;
    const route = KMS_ROUTES[operation];
    const { method, path: template, status } = route;
    const path = template.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(parameters[name] ?? ''));
    const search = searchOf(query);
    const target = search === '' ? path : `${path}?${search}`;
    const answer = 'takesKey' in route ? untilAnswered((key) => send(method, target, body, key), options) : send(method, target, body);
    return expectStatus(await answer, status, `kms: ${method} ${path}`);
  };

  const invoke: KmsApi['invoke'] = async (operation, request, options) => (await succeed(operation, request as AnyRequest, options)).json();

  const all = async <O extends KmsList>(operation: O, request: KmsRequest<O>): Promise<readonly KmsListItem<O>[]> => {
    const wanted = request as AnyRequest;
    const items: KmsListItem<O>[] = [];
    let cursor: string | null = null;
    do {
      const query: Query = { ...wanted.query, limit: '100', ...(cursor === null ? {} : { cursor }) };
      const page: Page<KmsListItem<O>> = (await succeed(operation, { ...wanted, query })).json();
      items.push(...page.items);
      cursor = page.next_cursor;
    } while (cursor !== null);
    return items;
  };

  return {
    invoke,
    all,
    elasticKeyNamed: async (name) => (await invoke('listElasticKeys', { query: { name } })).items[0],
    call: (method, path, body) => send(method, path, body),
  };
};

/** Status and error code of an answer, for example `403 scope-insufficient`; the status alone where it has no code. */
export const answerOf = (response: HttpsResponse): string => {
  const { code } = problemOf(response);
  return code === undefined ? String(response.status) : `${response.status} ${code}`;
};
