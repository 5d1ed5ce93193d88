import { randomBytes, randomUUIDv7 } from 'node:crypto';
import { KMS_RESOURCE } from '#infra/magic/magic.ts';
import { basic } from './callers.ts';
import { SERVICE_CLIENT } from './files.ts';
import type { ProdStack } from './stack.ts';

export interface TokenLoad extends AsyncDisposable {
  /** Right answers so far. */
  readonly right: number;
  /** Every answer but 200 and every connection that broke. */
  readonly failures: readonly string[];
}

/** Tries of one token at the KMS; introspection is asked with each. */
const USES = 5;

/**
 * Asks Identity for a token and encrypts with it at the KMS, over kept-alive connections to both balancers, until it is disposed of.
 * It sends nothing twice.
 *
 * @param key id of an elastic key of the tenant that SERVICE_CLIENT belongs to
 */
export const startTokenLoad = (
  { client: connect, files, ports }: Pick<ProdStack, 'client' | 'files' | 'ports'>,
  key: string,
): TokenLoad => {
  const stopped = new AbortController();
  const failures: string[] = [];
  let right = 0;
  const client = connect();
  const ask = async (what: string, request: Parameters<typeof client.request>[0]): Promise<string | null> => {
    const failed = (why: string) => {
      failures.push(`${what}: ${why}`);
      return null;
    };
    try {
      const { status, text } = await client.request({ method: 'POST', ...request });
      if (status !== 200) return failed(`${status} ${text}`);
      right += 1;
      return text;
    } catch (error) {
      return failed(String(error));
    }
  };
  const run = async (): Promise<void> => {
    while (!stopped.signal.aborted) {
      const answer = await ask('token', {
        url: `https://localhost:${ports.identity}/oauth2/token`,
        headers: { authorization: basic(SERVICE_CLIENT, files.passwords[SERVICE_CLIENT] ?? '') },
        form: { grant_type: 'client_credentials', scope: 'kms:crypto', resource: KMS_RESOURCE },
      });
      if (answer === null) continue;
      const { access_token: token } = JSON.parse(answer) as { readonly access_token: string };
      for (let use = 0; use < USES; use += 1) {
        await ask('encrypt', {
          url: `https://localhost:${ports.kms}/service/api/v1/elastic-keys/${key}/encrypt`,
          headers: { authorization: `Bearer ${token}` },
          body: { plaintext: randomBytes(32).toString('base64url'), context: randomUUIDv7() },
        });
      }
    }
  };
  const running = run();
  return {
    get right() {
      return right;
    },
    failures,
    [Symbol.asyncDispose]: async () => {
      stopped.abort();
      await running;
      await client[Symbol.asyncDispose]();
    },
  };
};
