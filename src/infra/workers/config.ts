import { type Static, Type } from 'typebox';
import type { FieldIssue } from '#infra/apperr/app-error.ts';
import { usableProcessors } from './processors.ts';

const MAX_WORKERS = 64;

export const workersConfigSchema = Type.Union([Type.Integer({ minimum: 1, maximum: MAX_WORKERS }), Type.Literal('auto')], {
  default: 1,
  description:
    'processes that share the port of this server; `auto`: as many as there are processors for it, those of the machine or what a container is limited to. More than 1 needs PostgreSQL',
});

export type WorkersConfig = Static<typeof workersConfigSchema>;

/** How many there are to be. */
export const workerCount = (workers: WorkersConfig, processors: number = usableProcessors()): number =>
  workers === 'auto' ? Math.min(processors, MAX_WORKERS) : workers;

/** The files of SQLite have one process, so there is one worker; `auto` is refused as well, because it means more on the next machine. */
export const workersIssues = ({
  server,
  database,
}: {
  readonly server: { readonly workers: WorkersConfig };
  readonly database: { readonly kind: string };
}): readonly FieldIssue[] =>
  server.workers === 1 || database.kind === 'postgres'
    ? []
    : [
        {
          field: '/server/workers',
          message: `must be 1 with SQLite, whose files have one process, and is ${server.workers}`,
          fix: 'Leave it out, or use PostgreSQL (`database.kind: postgres`).',
        },
      ];
