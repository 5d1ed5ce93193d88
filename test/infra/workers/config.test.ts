import { describe, expect, it } from 'vitest';
import { workerCount, workersIssues } from '#infra/workers/config.ts';

describe('server.workers', () => {
  it('is a number, or as many as there are processors', () => {
    expect([workerCount(1, 8), workerCount(3, 8), workerCount('auto', 8), workerCount('auto', 500)]).toEqual([1, 3, 8, 64]);
  });

  it.each([2, 'auto'] as const)('is refused with SQLite where it is %s, by an error that names the field and what to do', (workers) => {
    expect(workersIssues({ server: { workers }, database: { kind: 'sqlite' } })).toEqual([
      {
        field: '/server/workers',
        message: `must be 1 with SQLite, whose files have one process, and is ${workers}`,
        fix: 'Leave it out, or use PostgreSQL (`database.kind: postgres`).',
      },
    ]);
    expect(workersIssues({ server: { workers }, database: { kind: 'postgres' } })).toEqual([]);
    expect(workersIssues({ server: { workers: 1 }, database: { kind: 'sqlite' } })).toEqual([]);
  });
});
