import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { AppError } from '#infra/apperr/app-error.ts';
import { toProblem } from '../problem.ts';

const clientProblem = (code: string | undefined): AppError => {
  switch (code) {
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new AppError('request-timeout', 408, 'The request did not arrive as a whole in time.', { fix: 'Send it again, faster.' });
    case 'HPE_HEADER_OVERFLOW':
      return new AppError('not-http', 431, 'The header of the request is larger than this server takes.');
    default:
      return new AppError('not-http', 400, 'The request is not valid HTTP.');
  }
};

/** A request that is no HTTP at all, or that never ends, reaches no route; it still gets Problem Details. */
export const answerClientError = (error: NodeJS.ErrnoException, socket: Socket): void => {
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) return;
  const { status, body } = toProblem(clientProblem(error.code));
  const text = JSON.stringify(body);
  socket.end(
    `HTTP/1.1 ${status} ${String(body['title'])}\r\nConnection: close\r\nContent-Type: application/problem+json\r\nContent-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`,
  );
};

/**
 * "A server MUST respond with a 400 (Bad Request) status code to any HTTP/1.1 request message that lacks a Host header field and
 * to any request message that contains more than one Host header field line." RFC 9112 section 3.2
 */
export const checkHost = ({ rawHeaders, httpVersion }: IncomingMessage): void => {
  const hosts = rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === 'host').length;
  if (hosts === 1 || (hosts === 0 && httpVersion === '1.0')) return;
  throw new AppError('host-invalid', 400, `The request has ${hosts === 0 ? 'no' : 'more than one'} Host header.`, {
    fields: [{ field: 'header/host', message: 'must stand there once', fix: 'Send one Host header.' }],
  });
};

/** Refuses every expectation but `100-continue`, which Node answers itself. */
export const refuseExpectation = (_request: IncomingMessage, response: ServerResponse): void => {
  const { status, body } = toProblem(
    new AppError('expectation-failed', 417, 'The expectation of the Expect header cannot be met.', { fix: 'Leave the Expect header out.' }),
  );
  response.writeHead(status, { 'content-type': 'application/problem+json', connection: 'close' }).end(JSON.stringify(body));
};
