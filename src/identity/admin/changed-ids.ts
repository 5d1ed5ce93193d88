import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Attributes } from '#infra/telemetry/telemetry.ts';

/** Of a route or of the address of something new, the path of an account or a client. */
const CHANGED = /^\/admin\/v1\/(accounts|clients)\/([^/]+)/;

/** The account or client that an operator changed or made, for the log. */
export const changedIds = (request: FastifyRequest, reply: FastifyReply): Attributes => {
  const [path = ''] = String(reply.getHeader('location') ?? request.url).split('?', 1);
  const [, kind, id] = CHANGED.exec(path) ?? [];
  if (id === undefined) return {};
  return kind === 'accounts' ? { account_id: id } : { client_id: id };
};
