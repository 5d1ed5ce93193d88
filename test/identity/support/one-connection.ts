import type { IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import { text } from 'node:stream/consumers';
import type { TestProvider } from './identity-provider.ts';

export interface ConnectionAnswer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
  json<T = unknown>(): T;
}

/** Posts forms to a provider, one after the other, over one and the same connection. */
export const oneConnection = ({ ca, port }: Pick<TestProvider, 'ca' | 'port'>) => {
  const agent = new Agent({ ca, keepAlive: true, maxSockets: 1 });
  return {
    post: async (
      path: string,
      form: Readonly<Record<string, string>>,
      headers: Readonly<Record<string, string>>,
    ): Promise<ConnectionAnswer> => {
      const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
      request(
        {
          agent,
          host: 'localhost',
          port,
          path,
          method: 'POST',
          headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
        },
        resolve,
      )
        .on('error', reject)
        .end(new URLSearchParams(form).toString());
      const answer = await promise;
      const body = await text(answer);
      return { status: answer.statusCode ?? 0, headers: answer.headers, text: body, json: <T>() => JSON.parse(body) as T };
    },
    [Symbol.dispose]: () => agent.destroy(),
  };
};
