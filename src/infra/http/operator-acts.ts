import type { EventLine } from '#infra/telemetry/event-log.ts';
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
  readonly status: number;
}

const READS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

export const lineOfOperatorAct = ({ operator, address, method, route, status }: OperatorAct): EventLine => [
  status < 400 ? 'info' : 'warn',
  `operator ${JSON.stringify(operator)}: ${method} ${route} → ${status}`,
  { 'client.address': address, 'http.request.method': method, 'http.route': route, 'http.response.status_code': status },
];

/** Tells who asked for each change at an admin listener, once it is answered. To be called before the routes are added. */
export const tellOperatorActs = (admin: App, tell: (act: OperatorAct) => void): void => {
  admin.addHook('onResponse', async ({ raw, ip, method, routeOptions }, { statusCode }) => {
    const route = routeOptions.url;
    if (READS.has(method) || route === undefined) return;
    const operator = peerOf(raw.socket)?.commonName ?? 'nobody';
    tell({ type: 'operator-act', operator, address: ip, method, route, status: statusCode });
  });
};
