import type { Drill } from '../kit/drill.ts';
import { eventually, lastWords, stateOf, whyUnreachable } from '../kit/looks.ts';

/** Milliseconds until a server that cannot start has ended. */
const ENDED_MS = 15_000;

export const wrongUnsealShare: Drill = {
  title: 'Wrong unseal shares',
  breaks: 'the unseal shares are sound ones of somebody else, and the KMS is killed',
  mustHold:
    'Wrong shares open nothing and spoil nothing: the KMS says that they are not those of its database, and opens with the right ones.',
  source: 'reliability.md#what-holds',
  engines: ['embedded', 'docker'],
  faults: [{ kind: 'shares-foreign' }, { kind: 'killed', part: 'kms' }],
  callers: { user: ['no answer', '503'], token: ['no answer', '503'] },
  boundMs: 10_000,
  run: async (kit) => {
    const { check, faults, inflict, stack } = kit;
    await inflict({ kind: 'killed', part: 'kms' });
    await inflict({ kind: 'shares-foreign' });
    await faults.start('kms');
    const says = async () => ((await lastWords(kit, 'kms')).includes('unseal-failed') ? 'unseal-failed' : 'nothing of it');
    await check('says', 'It says why it does not start', 'unseal-failed', eventually(kit, 'unseal-failed', ENDED_MS, says));
    const down = eventually(kit, 'down', ENDED_MS, () => stateOf(kit, 'kms'));
    await check('ends', 'The KMS with them', 'down', down);
    await check('refused', 'A client that asks it', 'connection-refused', whyUnreachable(kit, stack.endpoints.kms.live));
    return 'they open nothing';
  },
};
