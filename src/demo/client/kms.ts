import { randomUUIDv7 } from 'node:crypto';
import type { HttpsResponse } from '#infra/http/client.ts';
import { expectStatus, problemOf } from './problem.ts';
import type { Session } from './session.ts';
import type { Stack } from './stack.ts';

/** An elastic key as the service API shows it, as far as the flows look. */
export interface ElasticKey {
  readonly id: string;
  readonly name: string;
  readonly algorithm: string;
  readonly state: string;
  readonly latest_version: number;
}

export interface MaterialKey {
  readonly id: string;
  readonly version: number;
  readonly state: string;
}

export interface Page<T> {
  readonly items: readonly T[];
  readonly next_cursor: string | null;
}

/** The KMS service API as one caller sees it. */
export interface KmsApi {
  /** Any answer, for refusals. */
  call(method: string, path: string, body?: Readonly<Record<string, unknown>>): Promise<HttpsResponse>;
  /** The body of an answer that must succeed. */
  want<T>(method: string, path: string, body?: Readonly<Record<string, unknown>>): Promise<T>;
  /** All pages of a list. */
  all<T>(path: string): Promise<readonly T[]>;
  /** A new elastic key under a name that nobody has. */
  create(algorithm: string, more?: Readonly<Record<string, unknown>>): Promise<ElasticKey>;
  /** An elastic key of the seed. */
  named(name: string): Promise<ElasticKey | undefined>;
}

/** @param authorization header value; without it the session's client certificate is the credential */
export const kmsApi = (stack: Pick<Stack, 'endpoints'>, session: Session, authorization?: string): KmsApi => {
  const headers: Record<string, string> = authorization === undefined ? {} : { authorization };
  const base = stack.endpoints.kms.service.replace(/\/$/, '');
  const call: KmsApi['call'] = (method, path, body) =>
    session.request({ method, url: `${base}${path}`, headers, ...(body === undefined ? {} : { body }) });
  const want = async <T>(method: string, path: string, body?: Readonly<Record<string, unknown>>): Promise<T> => {
    const response = await call(method, path, body);
    return expectStatus(response, response.status === 201 ? 201 : 200, `kms: ${method} ${path}`).json<T>();
  };
  const all = async <T>(path: string): Promise<readonly T[]> => {
    const items: T[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const query = new URLSearchParams({ limit: '100', ...(cursor === '' ? {} : { cursor }) });
      const page: Page<T> = await want('GET', `${path}?${query}`);
      items.push(...page.items);
      cursor = page.next_cursor;
    }
    return items;
  };
  return {
    call,
    want,
    all,
    create: (algorithm, more = {}) => want('POST', '/elastic-keys', { name: `flow-${randomUUIDv7()}`, algorithm, ...more }),
    named: async (name) => (await want<Page<ElasticKey>>('GET', `/elastic-keys?${new URLSearchParams({ name })}`)).items[0],
  };
};

/** Status and error code of an answer, for example `403 scope-insufficient`. */
export const answerOf = (response: HttpsResponse): string => {
  const { code } = problemOf(response);
  return code === undefined ? String(response.status) : `${response.status} ${code}`;
};

/** @see RFC 7617: UTF-8, not form-encoded */
export const password = (username: string, secret: string): string => `Basic ${Buffer.from(`${username}:${secret}`).toString('base64')}`;

export const bearer = (token: string): string => `Bearer ${token}`;

export const base64url = (text: string): string => Buffer.from(text).toString('base64url');
