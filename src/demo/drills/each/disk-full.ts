import { answerOf } from '#client/kms/kms.ts';
import { tenantAdmin } from '#demo/world/callers.ts';
import { newFlowKeyName } from '#infra/demo-data/flow-keys.ts';
import type { Drill } from '../kit/drill.ts';
import { eventually, stateOf } from '../kit/looks.ts';

const TOLD_MS = 15_000;

export const diskFull: Drill = {
  title: 'Disk full',
  breaks: 'the disk with the data of the KMS has not one block free',
  mustHold:
    'Acts on keys are refused with 503 and leave nothing, because none goes without its record; when there is space all goes on, and nothing is lost.',
  source: 'production.md#a-full-disk-and-logs',
  engines: ['embedded'],
  faults: [{ kind: 'disk-full', service: 'kms' }],
  // Its data move to a disk that may be filled while it does not run.
  callers: {
    user: ['no answer', '503 audit-unavailable', '503 database-full'],
    token: ['no answer', '503 audit-unavailable', '503 database-full'],
  },
  boundMs: 10_000,
  run: async (kit) => {
    const { check, inflict, stack } = kit;
    await inflict({ kind: 'disk-full', service: 'kms' });
    const kms = await tenantAdmin(stack);
    const create = async () => {
      const name = newFlowKeyName();
      const answer = answerOf(await kms.call('POST', '/elastic-keys', { name, algorithm: 'ES256' }));
      return answer === '503 database-full' || answer === '503 audit-unavailable' ? 'refused with 503' : answer;
    };
    await check('refused', 'A key that is made', 'refused with 503', eventually(kit, 'refused with 503', TOLD_MS, create));
    await check('identity', 'The status of Identity', 'ready', stateOf(kit, 'identity'));
    return 'acts are refused';
  },
};
