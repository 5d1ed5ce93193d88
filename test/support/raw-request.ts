import { connect } from 'node:tls';

export interface RawAnswer {
  readonly status: number;
  readonly type: string | undefined;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  /** The body as JSON; empty where it is none. */
  readonly json: Readonly<Record<string, unknown>>;
}

const asJson = (text: string): Readonly<Record<string, unknown>> => {
  try {
    return JSON.parse(text) as Readonly<Record<string, unknown>>;
  } catch {
    return {};
  }
};

const answerOf = (all: string): RawAnswer => {
  const end = all.indexOf('\r\n\r\n');
  const [line = '', ...fields] = all.slice(0, end).split('\r\n');
  const headers = Object.fromEntries(
    fields.map((field) => [field.slice(0, field.indexOf(':')).toLowerCase(), field.slice(field.indexOf(':') + 1).trim()]),
  );
  const text = all.slice(end + 4);
  return { status: Number(line.split(' ')[1]), type: headers['content-type']?.split(';')[0], headers, text, json: asJson(text) };
};

/** What a server writes for these bytes on a TLS connection of its own, until it closes it. */
export const rawBytes = (server: { readonly port: number; readonly ca: string }, bytes: string | Buffer): Promise<RawAnswer> => {
  const { promise, resolve, reject } = Promise.withResolvers<RawAnswer>();
  const socket = connect({ host: '127.0.0.1', servername: 'localhost', port: server.port, ca: server.ca }, () => socket.write(bytes));
  let all = '';
  socket.setEncoding('utf8').on('data', (part: string) => (all += part));
  socket.on('end', () => socket.end());
  socket.on('error', reject).on('close', () => resolve(answerOf(all)));
  return promise;
};

/** One request of exactly these bytes: a client of HTTP would mend some of them. */
export const rawRequest = (
  server: { readonly port: number; readonly ca: string },
  request: { readonly method: string; readonly path: string; readonly headers?: Readonly<Record<string, string>>; readonly body?: Buffer },
): Promise<RawAnswer> => {
  const { method, path, headers = {}, body = Buffer.alloc(0) } = request;
  const length = headers['transfer-encoding'] === undefined ? { 'content-length': String(body.length) } : {};
  const all = Object.entries({ host: 'localhost', connection: 'close', ...length, ...headers });
  const head = `${method} ${path} HTTP/1.1\r\n${all.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`;
  return rawBytes(server, Buffer.concat([Buffer.from(head, 'latin1'), body]));
};
