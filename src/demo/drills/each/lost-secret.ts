import type { Failure } from '#infra/apperr/result.ts';
import type { Drill } from '../kit/drill.ts';
import { eventually, lastWords, stateOf, whyUnreachable } from '../kit/looks.ts';

/** Milliseconds until a server that cannot start has ended. */
const ENDED_MS = 15_000;

export const lostSecret: Drill = {
  title: 'Secret lost',
  breaks: 'the unseal shares are gone, and the KMS is killed',
  mustHold:
    'No new shares are made while there is data under the old ones: the start names what is missing, and with the shares all is there again.',
  source: 'reliability.md#what-holds',
  engines: ['embedded', 'docker'],
  faults: [{ kind: 'shares-lost' }, { kind: 'killed', part: 'kms' }],
  callers: { user: ['no answer'], token: ['no answer'] },
  boundMs: 10_000,
  run: async (kit) => {
    const { check, engine, faults, inflict, signal, stack } = kit;
    await inflict({ kind: 'killed', part: 'kms' });
    await inflict({ kind: 'shares-lost' });
    const prepared = await engine.prepare(signal);
    await check('named', 'A start of the stack', 'unseal-shares-lost', prepared.ok ? 'prepared' : deepest(prepared.error).code);
    const started = await faults.start('kms');
    const words = async () => (started.ok ? lastWords(kit, 'kms') : JSON.stringify(started.error));
    const says = async () => ((await words()).includes('unseal-share') ? 'unseal-share' : 'nothing of it');
    await check(
      'says',
      'It names the file when it is started all the same',
      'unseal-share',
      eventually(kit, 'unseal-share', ENDED_MS, says),
    );
    const down = eventually(kit, 'down', ENDED_MS, () => stateOf(kit, 'kms'));
    await check('ends', 'The KMS without them', 'down', down);
    await check('refused', 'A client that asks it', 'connection-refused', whyUnreachable(kit, stack.endpoints.kms.live));
    return 'no new shares are made';
  },
};

const deepest = (failure: Failure): Failure => (failure.cause === null ? failure : deepest(failure.cause));
