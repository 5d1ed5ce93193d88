import { keyApi } from '#client/kms/key.ts';
import { answerOf } from '#client/kms/kms.ts';
import { answered } from '#demo/evidence/taken.ts';
import { serviceClient } from '#demo/world/callers.ts';
import { base64url, seededKey } from '#demo/world/keys.ts';
import { CONFIDENTIAL_CLIENT } from '#demo/world/names.ts';
import type { Drill } from '../kit/drill.ts';
import { dependencyAt, eventually } from '../kit/looks.ts';

/** Milliseconds until the feed of revocations is late, and a question about a token was given up. */
const NOTICED_MS = 12_000;
const WRITES = 5;

export const identityAway: Drill = {
  title: 'Identity away',
  breaks: 'Identity hangs: its connections stay open, and nothing is answered',
  mustHold:
    'With a token, secret keys are not used while nobody can say whether it is revoked (503 `identity-unavailable`, Retry-After); reads go on, and so do callers whom the KMS knows by itself.',
  source: 'revocation.md#the-feed',
  engines: ['embedded', 'docker'],
  faults: [{ kind: 'frozen', part: 'identity' }],
  callers: { user: [], token: ['no answer', 'no answer in time', '503 identity-unavailable'] },
  boundMs: 8_000,
  run: async (kit) => {
    const { check, inflict, load, stack } = kit;
    const { kms } = await serviceClient(stack, CONFIDENTIAL_CLIENT, 'kms:read kms:crypto');
    const { id } = await seededKey(kms, 'demo-signing-key');
    const sign = () => keyApi(kms, id).call('sign', { payload: base64url('drill') });
    await check('before', 'Sign with a token', '200', sign().then(answered));
    await inflict({ kind: 'frozen', part: 'identity' });
    const refusal = '503 identity-unavailable';
    await check(
      'sign',
      'Sign with the same token',
      refusal,
      eventually(kit, refusal, NOTICED_MS, async () => answerOf(await sign())),
    );
    await check(
      'retry',
      'It says when to ask again',
      '2',
      sign().then(({ headers }) => headers['retry-after'] ?? 'nothing'),
    );
    await check('read', 'Read with the same token', '200', kms.call('GET', '/elastic-keys?limit=1').then(answered));
    const named = '503 identity down';
    await check(
      'named',
      '/readyz of the KMS',
      named,
      eventually(kit, named, NOTICED_MS, () => dependencyAt(kit, 'kms', 'identity')),
    );
    await check('serves', 'The KMS goes on for users of its realms', true, load.moreWrites(WRITES, NOTICED_MS));
    return 'reads go on, secrets are refused';
  },
};
