import type { FastifyReply, FastifyRequest } from 'fastify';
import type { EventLine } from '#infra/telemetry/event-log.ts';
import type { Attributes } from '#infra/telemetry/telemetry.ts';
import { peerOf } from '#infra/tls/peer.ts';
import type { App } from './server.ts';

/** A change that somebody asked for at an admin listener, done or refused. */
export interface OperatorAct {
  readonly type: 'operator-act';
  /** Common name of the client certificate, whether it is one of an operator or not. */
  readonly operator: string;
  readonly address: string;
  readonly method: string;
  /** The route, not the path: `/admin/v1/tenants`. */
  readonly route: string;
  /** Null where the connection was cut before the answer: whether the change was made, other events tell. */
  readonly status: number | null;
  /** Ids of that which a change was made to, as attributes of the log; of one that was refused anybody wrote them, and none is told. */
  readonly ids?: Attributes;
}

const READS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

export const lineOfOperatorAct = ({ operator, address, method, route, status, ids }: OperatorAct): EventLine => [
  status !== null && status < 400 ? 'info' : 'warn',
  `operator ${JSON.stringify(operator)}: ${method} ${route} → ${status ?? 'the connection was cut before the answer'}`,
  {
    'client.address': address,
    'http.request.method': method,
    'http.route': route,
    ...(status === null ? {} : { 'http.response.status_code': status }),
    ...ids,
  },
];

const actOf = ({ raw, ip, method, routeOptions }: FastifyRequest): Omit<OperatorAct, 'status'> | null => {
  const route = routeOptions.url;
  if (READS.has(method) || route === undefined) return null;
  return { type: 'operator-act', operator: peerOf(raw.socket)?.commonName ?? 'nobody', address: ip, method, route };
};

/**
 * Tells once who asked for each change at an admin listener: when it is answered, or when its connection is gone before that. To be
 * called before the routes are added.
 *
 * @param idsOf of that which was changed; none by default
 */
export const tellOperatorActs = (
  admin: App,
  tell: (act: OperatorAct) => void,
  idsOf: (request: FastifyRequest, reply: FastifyReply) => Attributes = () => ({}),
): void => {
  const begun = new WeakMap<FastifyRequest, Omit<OperatorAct, 'status'>>();
  const told = new WeakSet<FastifyRequest>();
  const tellOnce = (request: FastifyRequest, status: number | null, ids: Attributes = {}): void => {
    // One that was refused before these hooks has not begun.
    const act = begun.get(request) ?? actOf(request);
    if (act === null || told.has(request)) return;
    told.add(request);
    tell({ ...act, status, ...(Object.keys(ids).length === 0 ? {} : { ids }) });
  };
  admin.addHook('onRequest', async (request, reply) => {
    // Taken now: a connection that is gone has no certificate and no address.
    const act = actOf(request);
    if (act === null) return;
    begun.set(request, act);
    reply.raw.once('close', () => {
      if (!reply.raw.writableFinished) tellOnce(request, null);
    });
  });
  admin.addHook('onResponse', async (request, reply) => {
    const status = reply.raw.writableFinished ? reply.statusCode : null;
    tellOnce(request, status, status !== null && status < 400 ? idsOf(request, reply) : {});
  });
};
