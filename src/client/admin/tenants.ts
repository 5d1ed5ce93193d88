import type { HttpsClient } from '#infra/http/client.ts';
import { refusalOf } from '../problem.ts';

/** A tenant that was made. */
export interface MadeTenant {
  readonly id: string;
  readonly name: string;
  readonly administrator: { readonly username: string; readonly roles: readonly string[] };
  /** False where it was there already, with this administrator and password. */
  readonly isNew: boolean;
}

/** Milliseconds: a database and its keys are made, and replicas take their time to hear of a change. */
const CREATE_MS = 60_000;

/**
 * Makes a tenant with its first administrator, over the admin listener of the KMS.
 *
 * @param options.url of the admin listener
 * @param options.client shows the certificate of an operator
 * @throws AppError with the code, the fields and the fix of the KMS where it refuses; of the connection
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
  if (response.status !== 201 && response.status !== 200) throw refusalOf(response);
  return { ...response.json<Omit<MadeTenant, 'isNew'>>(), isNew: response.status === 201 };
};
