import type { HttpsClient } from '#infra/http/client.ts';
import { expectStatus } from '../problem.ts';

/** A tenant that was made. */
export interface MadeTenant {
  readonly id: string;
  readonly name: string;
  readonly administrator: { readonly username: string; readonly roles: readonly string[] };
}

/** Milliseconds: a database and its keys are made, and replicas take their time to hear of a change. */
const CREATE_MS = 60_000;

/**
 * Makes a tenant with its first administrator, over the admin listener of the KMS.
 *
 * @param options.url of the admin listener
 * @param options.client shows the certificate of an operator
 * @throws AppError `unexpected-answer` where the KMS refuses, its error as the cause; of the connection
 */
export const createTenant = async (options: {
  readonly url: string;
  readonly client: Pick<HttpsClient, 'request'>;
  readonly name: string;
  readonly administrator: { readonly username: string; readonly password: string };
}): Promise<MadeTenant> => {
  const { url, client, name, administrator } = options;
  const response = await client.request({
    method: 'POST',
    url: new URL('/admin/v1/tenants', url),
    body: { name, administrator },
    timeoutMs: CREATE_MS,
  });
  return expectStatus(response, 201, 'kms: POST /admin/v1/tenants').json<MadeTenant>();
};
