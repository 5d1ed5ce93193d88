import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Server } from 'node:https';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { AppError } from '#infra/apperr/app-error.ts';
import { methodNotAllowed, toProblem } from '../problem.ts';

/**
 * Octets of the request line and the header fields together: four targets of the largest size, so that one which is too long reaches
 * `checkTarget`, which can say so.
 */
export const MAX_HEADER = 32 * 1024;

/** Milliseconds that a client has to take the answer to what was no request of a route. */
const LAST_ANSWER_MS = 2_000;

const clientProblem = (code: string | undefined): AppError => {
  switch (code) {
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new AppError('request-timeout', 408, 'The request did not arrive completely in time.', { fix: 'Send it again, faster.' });
    case 'HPE_HEADER_OVERFLOW':
      return new AppError(
        'header-too-large',
        431,
        `The request line and the header fields are larger than ${MAX_HEADER} octets together.`,
        { fix: 'Send fewer or shorter header fields, cookies among them, and a shorter query.' },
      );
    default:
      return new AppError('not-http', 400, 'The request is not valid HTTP/1.1.', {
        fix: 'Send HTTP/1.1 (RFC 9112) over this TLS connection.',
      });
  }
};

/** Writes Problem Details as the last thing on a connection. */
const answerOn = (socket: Duplex, error: AppError): void => {
  const { status, headers, body } = toProblem(error);
  const text = JSON.stringify(body);
  const all = {
    ...headers,
    connection: 'close',
    'content-type': 'application/problem+json',
    'content-length': String(Buffer.byteLength(text)),
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${status} ${String(body['title'])}\r\n${lines.join('')}\r\n${text}`);
};

/** A request that is no HTTP at all, or that never ends, reaches no route; it still gets Problem Details. */
export const answerClientError = (error: NodeJS.ErrnoException, socket: Socket): void => {
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) return;
  answerOn(socket, clientProblem(error.code));
};

/**
 * Refuses CONNECT, which asks a proxy for a tunnel: Node would close the connection without a word.
 */
export const refuseTunnels = (server: Server): void => {
  server.on('connect', (_request, socket) => {
    // Nobody else hears of its errors from here on.
    socket.on('error', () => void socket.destroy());
    answerOn(socket, methodNotAllowed(['GET', 'HEAD']));
    const late = setTimeout(() => socket.destroy(), LAST_ANSWER_MS).unref();
    socket.once('close', () => clearTimeout(late));
  });
};

/**
 * "A server MUST respond with a 400 (Bad Request) status code to any HTTP/1.1 request message that lacks a Host header field and
 * to any request message that contains more than one Host header field line." RFC 9112 section 3.2
 */
export const checkHost = ({ rawHeaders, httpVersion }: IncomingMessage): void => {
  const hosts = rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === 'host').length;
  if (hosts === 1 || (hosts === 0 && httpVersion === '1.0')) return;
  throw new AppError('host-invalid', 400, `The request has ${hosts === 0 ? 'no' : 'more than one'} Host header.`, {
    fields: [{ field: 'header/host', message: 'must appear once', fix: 'Send one Host header.' }],
  });
};

/** Refuses every expectation but `100-continue`, which Node answers itself. */
export const refuseExpectation = (_request: IncomingMessage, response: ServerResponse): void => {
  const { status, body } = toProblem(
    new AppError('expectation-failed', 417, 'The expectation of the Expect header cannot be met.', { fix: 'Leave the Expect header out.' }),
  );
  response.writeHead(status, { 'content-type': 'application/problem+json', connection: 'close' }).end(JSON.stringify(body));
};
