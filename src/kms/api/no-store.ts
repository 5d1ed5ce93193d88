import type { onRequestHookHandler } from 'fastify';

/** Answers with key material or plaintext stay in no cache, refusals included. @see RFC 9111 section 5.2.2.5 */
export const noStore: onRequestHookHandler = (_request, reply, done) => {
  reply.header('cache-control', 'no-store');
  done();
};
