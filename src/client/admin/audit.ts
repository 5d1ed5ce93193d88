import type { Ed25519Jwk } from '#infra/audit/lines.ts';
import type { HttpsClient } from '#infra/http/client.ts';
import { refusalOf } from '../problem.ts';

interface AdminOptions {
  /** Of the admin listener. */
  readonly url: string;
  /** Shows the certificate of an operator; takes answers of 8 MiB. */
  readonly client: Pick<HttpsClient, 'request'>;
}

const ask = async <T>({ url, client }: AdminOptions, path: string): Promise<T> => {
  const response = await client.request({ method: 'GET', url: new URL(path, url) });
  if (response.status !== 200) throw refusalOf(response);
  return response.json<T>();
};

/** How far the chain of one KMS process has come. */
export interface AuditHead {
  /** Signed; null before its first record. */
  readonly line: string | null;
  readonly public_key: Ed25519Jwk;
}

/** @throws AppError with the code and the fix of the KMS where it refuses; of the connection */
export const auditHead = (options: AdminOptions): Promise<AuditHead> => ask(options, '/admin/v1/audit/head');

/** The lines of an export, page after page, each with its line feed. @throws as `auditHead` */
export async function* auditLines(options: AdminOptions): AsyncGenerator<string> {
  const { line, chains } = await ask<{ line: string; chains: { chain: string; parts: number }[] }>(options, '/admin/v1/audit/export');
  yield `${line}\n`;
  for (const { chain, parts } of chains) {
    for (let from: number | null = 0; from !== null;) {
      const page: { lines: string[]; next: number | null } = await ask(options, `/admin/v1/audit/chains/${chain}?from=${from}&to=${parts}`);
      yield page.lines.map((each) => `${each}\n`).join('');
      from = page.next;
    }
  }
}
