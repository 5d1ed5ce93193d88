import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { TlsFiles } from '#infra/tls/config.ts';
import { listening } from '../../support/listening.ts';

/** A request that a relying party got. */
export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export interface RelyingParty extends AsyncDisposable {
  /** https origin on the loopback. */
  readonly origin: string;
  readonly received: readonly Received[];
}

/** A server of a client on the loopback, which keeps what it gets. @param answer 200 without a body by default */
export const startRelyingParty = async (
  tls: Pick<TlsFiles, 'cert' | 'key'>,
  answer: (request: Received, response: ServerResponse) => void = (_request, response) => void response.end(),
): Promise<RelyingParty> => {
  const [cert, key] = await Promise.all([readFile(tls.cert), readFile(tls.key)]);
  const received: Received[] = [];
  const server = await listening(
    createServer({ cert, key, minVersion: 'TLSv1.3' }, async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const { method = '', url: path = '', headers } = request;
      const one = { method, path, headers, body: Buffer.concat(chunks).toString() };
      received.push(one);
      answer(one, response);
    }),
  );
  return { origin: `https://localhost:${server.port}`, received, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
};
