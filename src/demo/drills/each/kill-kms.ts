import type { Drill } from '../kit/drill.ts';
import { eventually, reach, stateOf } from '../kit/looks.ts';

/** Milliseconds until the engine tells of an end. */
const TOLD_MS = 5_000;

export const killKms: Drill = {
  title: 'KMS killed',
  breaks: 'kill -9 of the KMS while keys are made, rotated and used',
  mustHold: 'An acknowledged write is there after kill -9, a refused one left nothing, and nobody waits for an answer that never comes.',
  source: 'reliability.md#what-holds',
  engines: ['embedded', 'docker'],
  faults: [{ kind: 'killed', part: 'kms' }],
  callers: { user: ['no answer', '503 not-ready', '503 stopping'], token: ['no answer'] },
  boundMs: 10_000,
  run: async (kit) => {
    const { check, inflict, stack } = kit;
    await inflict({ kind: 'killed', part: 'kms' });
    const refused = await eventually(kit, 'connection-refused', TOLD_MS, () => reach(kit, stack.endpoints.kms.live));
    await check('refused', 'Callers are refused at once', 'connection-refused', refused);
    await check(
      'told',
      'The status of the KMS',
      'down',
      eventually(kit, 'down', TOLD_MS, () => stateOf(kit, 'kms')),
    );
    await check('identity', 'The status of Identity', 'ready', stateOf(kit, 'identity'));
    return 'refused at once';
  },
};
