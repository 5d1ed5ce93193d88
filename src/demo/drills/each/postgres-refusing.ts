import { answerOf } from '#client/kms/kms.ts';
import { tenantAdmin } from '#demo/world/callers.ts';
import type { Drill } from '../kit/drill.ts';
import { dependencyAt, eventually, reach, stateOf } from '../kit/looks.ts';

const TOLD_MS = 10_000;

export const postgresRefusing: Drill = {
  title: 'PostgreSQL refuses',
  breaks: 'the PostgreSQL of the KMS is stopped, so that connections to it are refused',
  mustHold:
    'The KMS lives and is not ready, with the cause; every request that needs the database gets 503 `database-unavailable` with Retry-After.',
  source: 'reliability.md#what-holds',
  engines: ['docker'],
  faults: [{ kind: 'stopped', part: 'kms-postgres' }],
  callers: { user: ['503'], token: ['503'] },
  boundMs: 10_000,
  run: async (kit) => {
    const { check, inflict, stack } = kit;
    await inflict({ kind: 'stopped', part: 'kms-postgres' });
    const named = '503 database down';
    await check(
      'named',
      '/readyz of the KMS',
      named,
      eventually(kit, named, TOLD_MS, () => dependencyAt(kit, 'kms', 'database')),
    );
    await check('alive', '/livez of the KMS', '200', reach(kit, stack.endpoints.kms.live));
    const kms = await tenantAdmin(stack);
    let retryAfter = 'nothing';
    const list = async (): Promise<string> => {
      const answer = await kms.call('GET', '/elastic-keys?limit=1');
      retryAfter = answer.headers['retry-after'] ?? 'nothing';
      return answerOf(answer);
    };
    const refusal = '503 database-unavailable';
    await check('refused', 'A list of keys', refusal, eventually(kit, refusal, TOLD_MS, list));
    await check('retry', 'It says when to ask again', true, Number(retryAfter) > 0);
    await check('identity', 'The status of Identity', 'ready', stateOf(kit, 'identity'));
    return '503 until it is back';
  },
};
