import { AppError } from '#infra/apperr/app-error.ts';
import type { App } from '../server.ts';

/**
 * Starts to listen; with port 0 the system chooses.
 *
 * @throws AppError `port-taken` or `listen-failed`
 */
export const listen = async (app: App, where: { readonly host: string; readonly port: number }): Promise<{ readonly port: number }> => {
  await app.listen(where).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'EADDRINUSE') {
      throw new AppError('port-taken', 503, `port ${where.port} on ${where.host} is taken`, {
        cause,
        fix: 'Stop its holder or choose another port.',
      });
    }
    throw new AppError('listen-failed', 503, `cannot listen on ${where.host}:${where.port}: ${cause.message}`, { cause });
  });
  const address = app.server.address();
  return { port: typeof address === 'object' && address !== null ? address.port : where.port };
};
