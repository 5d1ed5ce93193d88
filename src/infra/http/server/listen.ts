import { AppError } from '#infra/apperr/app-error.ts';
import type { App } from '../server.ts';
import { createDoors } from './doors.ts';

/** Where a server listens. */
export interface Where {
  readonly host: string;
  readonly port: number;
  /** Further addresses, on the same port. */
  readonly also?: readonly string[];
}

/** Of a server with workers: `shared` among all of them, as the port of a public listener is, or of one of them alone. */
export type Holder = 'shared' | 'own';

/**
 * Starts to listen; with port 0 the system chooses.
 *
 * @throws AppError `port-taken` or `listen-failed`
 */
export const listen = async (app: App, where: Where, holder: Holder = 'shared'): Promise<{ readonly port: number }> => {
  const exclusive = holder === 'own';
  const doors = createDoors(app.server, where.also ?? [], { exclusive });
  app.addHook('preClose', async () => void doors.close());
  // The last such hook that is added is the first that runs: nothing that a request may need is gone yet.
  app.addHook('onClose', async () => doors.close());
  await app.listen({ host: where.host, port: where.port, exclusive }).catch((cause: unknown) => {
    throw cannotListen(cause, where);
  });
  const address = app.server.address();
  const port = typeof address === 'object' && address !== null ? address.port : where.port;
  await doors.open(port).catch((cause: unknown) => {
    throw cannotListen(cause, where);
  });
  return { port };
};

/** What an attempt to listen ended with, in words. */
export const cannotListen = (cause: unknown, { host, port }: Where): AppError => {
  const { code, message, address = host } = cause as NodeJS.ErrnoException & { readonly address?: string };
  if (code === 'EADDRINUSE') {
    return new AppError('port-taken', 503, `port ${port} on ${address} is taken`, {
      cause,
      fix: 'Stop its holder or choose another port.',
    });
  }
  return new AppError('listen-failed', 503, `cannot listen on ${address}:${port}: ${message}`, { cause });
};
