import type { Drill } from '../kit/drill.ts';
import { eventually, stateOf, whyUnreachable } from '../kit/looks.ts';

/** Milliseconds until a server that starts listens, and the status tells of it. */
const TOLD_MS = 15_000;

export const expiredCertificate: Drill = {
  title: 'Certificate expired',
  breaks: 'the KMS starts with a certificate that has ended, of the right authority and with the right names',
  mustHold: 'Every client refuses it and says why; the stack’s own start renews it, and nothing is lost.',
  source: 'reliability.md#what-holds',
  engines: ['embedded', 'docker'],
  faults: [
    { kind: 'certificate-expired', service: 'kms' },
    { kind: 'killed', part: 'kms' },
  ],
  callers: { user: ['no answer'], token: ['no answer'] },
  boundMs: 10_000,
  run: async (kit) => {
    const { check, faults, inflict, stack } = kit;
    await inflict({ kind: 'killed', part: 'kms' });
    await inflict({ kind: 'certificate-expired', service: 'kms' });
    await faults.start('kms');
    const refusal = 'tls-failed: cert-has-expired';
    await check(
      'refused',
      'A client that asks it',
      refusal,
      eventually(kit, refusal, TOLD_MS, () => whyUnreachable(kit, stack.endpoints.kms.live)),
    );
    const isReady = async () => ((await stateOf(kit, 'kms')) === 'ready' ? 'ready' : 'not ready');
    await check('told', 'The status of the KMS', 'not ready', eventually(kit, 'not ready', TOLD_MS, isReady));
    await check('identity', 'The status of Identity', 'ready', stateOf(kit, 'identity'));
    return 'refused by every client, then renewed';
  },
};
