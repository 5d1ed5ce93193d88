import type { HttpsClient } from '#infra/http/client.ts';
import { refusalOf } from '../problem.ts';

/** The keys of one issuer after they were fetched anew. */
export interface FlushedIssuer {
  readonly issuer: string;
  /** Keys that it publishes now; 0 while it does not answer. */
  readonly keys: number;
  /** Why it did not answer; null when it did. */
  readonly cause: string | null;
}

/**
 * Makes a KMS forget the keys of the issuers that it trusts, and fetch them anew, over its admin listener.
 *
 * @param options.client shows the certificate of an operator
 * @throws AppError with the code and the fix of the KMS where it refuses; of the connection
 */
export const flushIssuerKeys = async (options: {
  readonly url: string;
  readonly client: Pick<HttpsClient, 'request'>;
}): Promise<readonly FlushedIssuer[]> => {
  const response = await options.client.request({ method: 'POST', url: new URL('/admin/v1/issuer-keys/flush', options.url) });
  if (response.status !== 200) throw refusalOf(response);
  return response.json<{ issuers: FlushedIssuer[] }>().issuers;
};
