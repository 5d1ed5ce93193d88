import { keyApi } from '#client/kms/key.ts';
import { answerOf } from '#client/kms/kms.ts';
import { serviceClient } from '#demo/world/callers.ts';
import { base64url, seededKey } from '#demo/world/keys.ts';
import { CONFIDENTIAL_CLIENT } from '#demo/world/names.ts';
import { answered } from '#demo/evidence/taken.ts';
import type { Drill } from '../kit/drill.ts';
import { eventually } from '../kit/looks.ts';

const HOUR_S = 3_600;
const NOTICED_MS = 15_000;
const WRITES = 5;

export const clockStep: Drill = {
  title: 'Clock stepped',
  breaks: 'the wall clock of the KMS jumps an hour ahead while it runs',
  mustHold:
    'Tokens that have ended by its clock are refused with 401; callers without times go on, no limit or lease is disturbed, and with the right time tokens are good again.',
  source: 'reliability.md#what-holds',
  engines: ['embedded'],
  faults: [{ kind: 'clock-stepped', service: 'kms', seconds: HOUR_S }],
  // It is started anew with a clock that can be stepped.
  callers: { user: ['no answer'], token: ['no answer', '401', '503 identity-unavailable'] },
  boundMs: 10_000,
  run: async (kit) => {
    const { afterwards, check, inflict, load, stack } = kit;
    await inflict({ kind: 'clock-stepped', service: 'kms', seconds: HOUR_S });
    const { kms, token } = await tokenHolder(kit);
    const refusal = '401 token-invalid';
    const ask = async () => answerOf(await kms.call('GET', '/elastic-keys?limit=1'));
    await check('refused', 'A token of this moment', refusal, eventually(kit, refusal, NOTICED_MS, ask));
    await check('goes-on-ahead', 'Users of realms go on', true, load.moreWrites(WRITES, NOTICED_MS));
    afterwards(async () => {
      const again = await serviceClient(stack, CONFIDENTIAL_CLIENT, 'kms:read kms:crypto');
      const { id } = await seededKey(again.kms, 'demo-signing-key');
      await check(
        'good-again',
        'Sign with a token',
        '200',
        keyApi(again.kms, id)
          .call('sign', { payload: base64url(token.slice(0, 8)) })
          .then(answered),
      );
    });
    return 'tokens are refused, the rest goes on';
  },
};

const tokenHolder = ({ stack }: Parameters<Drill['run']>[0]) => serviceClient(stack, CONFIDENTIAL_CLIENT, 'kms:read kms:crypto');
