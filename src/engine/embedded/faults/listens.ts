import { setTimeout as pause } from 'node:timers/promises';
import { AppError } from '#infra/apperr/app-error.ts';
import { listenersOn } from '#engine/state/processes.ts';
import type { ServiceName } from '../../engine.ts';
import { portsOfService } from '../../ports.ts';
import type { Layout } from '../files/layout.ts';

/** Milliseconds that a start may take, and between two looks. */
const [LISTENS_MS, LOOK_MS] = [30_000, 50];

/** Resolves when a service that was started listens: its databases are open then. @throws AppError `start-failed` when that takes too long */
export const listens = async ({ ports }: Pick<Layout, 'ports'>, service: ServiceName): Promise<void> => {
  const port = portsOfService(ports, service)[0] ?? 0;
  for (const limit = performance.now() + LISTENS_MS; performance.now() < limit; await pause(LOOK_MS)) {
    // Nobody tries the port: it would be taken at the moment at which the service asks for it.
    if ((await listenersOn(port)).length > 0) return;
  }
  throw new AppError('start-failed', 504, `waited ${LISTENS_MS} ms for ${service} to listen on port ${port}`);
};
