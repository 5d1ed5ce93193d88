import type { Connections, NewSession } from '#client/session/connections.ts';
import type { Session, SessionOptions } from '#client/session/session.ts';
import { newTrace } from '#client/session/trace-context.ts';
import type { Endpoints } from '#engine/engine.ts';

/** The running stack as one caller reaches it: its addresses, and sessions to speak to it. */
export interface StackAccess {
  readonly endpoints: Endpoints;
  /** A new session: nobody is logged in, and it shares no cookie with another. Each request is a trace of its own. */
  session(options?: NewSession): Promise<Session>;
}

/**
 * @param options.connections trust the CA of the stack
 * @param options.signal ends the requests of every session that names no signal of its own
 * @param options.onRequest called after each answer
 */
export const stackAccess = (options: {
  readonly endpoints: Endpoints;
  readonly connections: Connections;
  readonly signal: AbortSignal;
  readonly onRequest?: SessionOptions['onRequest'];
}): StackAccess => {
  const { endpoints, connections, signal, onRequest = () => {} } = options;
  return { endpoints, session: (wanted) => connections.session({ signal, onRequest, carrier: newTrace, ...wanted }) };
};
