import type { IncomingMessage, ServerResponse } from 'node:http';
import helmet from 'helmet';
import { InternalError } from '#infra/apperr/app-error.ts';
import type { App } from '../server.ts';

const NO_CONTENT_ALLOWED = { defaultSrc: ["'none'"], frameAncestors: ["'none'"], baseUri: ["'none'"], formAction: ["'none'"] };

/**
 * The headers that helmet gives an answer. None depends on the request, so helmet is asked once, and not for each.
 *
 * @param contentSecurityPolicy directives beside those that allow nothing
 */
export const securityHeaders = (
  contentSecurityPolicy: Readonly<Record<string, readonly string[]>> = {},
): Readonly<Record<string, string>> => {
  const headers: Record<string, string> = {};
  // It takes one header away, which is not there.
  const answer = { setHeader: (name: string, value: string) => void (headers[name.toLowerCase()] = value), removeHeader: () => {} };
  const secure = helmet({
    contentSecurityPolicy: { useDefaults: false, directives: { ...NO_CONTENT_ALLOWED, ...contentSecurityPolicy } as never },
    referrerPolicy: { policy: 'no-referrer' },
    xFrameOptions: { action: 'deny' },
  });
  secure({} as IncomingMessage, answer as unknown as ServerResponse, (error) => {
    if (error !== undefined) throw new InternalError('helmet refuses the directives of a server', { cause: error });
  });
  return headers;
};

/** Gives every answer the security headers, first of all: an error has them as well. */
export const secureAnswers = (app: App, contentSecurityPolicy?: Readonly<Record<string, readonly string[]>>): void => {
  const headers = securityHeaders(contentSecurityPolicy);
  app.addHook('onRequest', (_request, reply, done) => {
    reply.headers(headers);
    done();
  });
};
