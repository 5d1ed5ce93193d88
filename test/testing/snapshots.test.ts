import { expect, it } from 'vitest';
import { orThrow } from '#infra/apperr/or-throw.ts';
import { failure } from '#infra/apperr/result.ts';
import { failedFrom, stackFailed } from '#testing/holder/failed-from.ts';
import { snapshotsOf } from '#testing/holder/snapshots.ts';
import { testStack } from '#test/support/engine.ts';
import { saidInDatabases, sayInDatabases } from '#test/support/snapshots.ts';

it.each([
  ['and comes up again with its old data', 1, 'Give the KMS its secret.'],
  ['and does not come up with its old data either', 2, 'It did not come up with these either: `passthru status` tells why.'],
])('A restore after which the stack is not well tells the part, its cause and the end of its log, %s', async (_, failing, fix) => {
  await using stack = await testStack();
  const [engine, { signal }] = [stack.engine(), new AbortController()];
  orThrow(await engine.prepare(signal));
  await sayInDatabases(stack.stateDir, 'saved');
  let starts = 0;
  const healthy = async (): Promise<void> => {
    starts += 1;
    if (starts > failing) return;
    throw stackFailed(failure('health-timeout', `kms was not ready at start ${starts}`), {
      chain: ['kms'],
      line: 'kms exited with code 3',
      logTail: [`log of start ${starts}`],
      fix: 'Give the KMS its secret.',
    });
  };
  const snapshots = snapshotsOf({ engine, stateDir: stack.stateDir, healthy, signal, now: Date.now, start: null });
  await snapshots.save('moment');
  await sayInDatabases(stack.stateDir, 'later');
  const refused = failedFrom(await snapshots.restore('moment').catch((error: unknown) => error));
  expect(refused).toEqual({
    code: 'restore-rolled-back',
    message: expect.stringContaining('so it has its old data again'),
    causes: ['kms was not ready at start 1', 'kms exited with code 3'],
    fix,
    logTail: ['log of start 1'],
  });
  expect([starts, saidInDatabases(stack.stateDir)]).toEqual([2, ['later']]);
});
