import type { HttpsClient, HttpsRequest } from '#infra/http/client.ts';
import { refusalOf } from '../problem.ts';

/** The admin listener of Identity. */
export interface IdentityAdmin {
  /** Of the listener. */
  readonly url: string;
  /** Shows the certificate of an operator. */
  readonly client: Pick<HttpsClient, 'request'>;
}

interface Asked {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: object;
}

/** Milliseconds: a password or a secret may be hashed in its turn. */
const CHANGE_MS = 60_000;

/** @returns requests below a path; they throw AppError with the code, the fields and the fix of Identity where it refuses */
export const identityRequests = ({ url, client }: IdentityAdmin, base: string) => {
  const send = async (method: NonNullable<HttpsRequest['method']>, path: string, { headers = {}, body }: Asked = {}) => {
    const response = await client.request({
      method,
      url: new URL(`${base}${path}`, url),
      headers,
      ...(body === undefined ? {} : { body: { ...body } }),
      timeoutMs: CHANGE_MS,
    });
    if (response.status >= 300) throw refusalOf(response);
    return response;
  };
  return {
    send,
    /** All items of a list, page by page. */
    all: async <T>(filter: Readonly<Record<string, string>> = {}): Promise<readonly T[]> => {
      const items: T[] = [];
      for (let cursor: string | null = ''; cursor !== null;) {
        const query = new URLSearchParams({ limit: '50', ...filter, ...(cursor === '' ? {} : { cursor }) });
        const page = (await send('GET', `?${query}`)).json<{ readonly items: readonly T[]; readonly next_cursor: string | null }>();
        items.push(...page.items);
        cursor = page.next_cursor;
      }
      return items;
    },
  };
};
