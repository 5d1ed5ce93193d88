import { from, statusOf } from '#demo/evidence/taken.ts';
import { serviceClient } from '#demo/world/callers.ts';
import { CONFIDENTIAL_CLIENT } from '#demo/world/names.ts';
import type { Drill } from '../kit/drill.ts';
import { dependencyAt, eventually, stateOf } from '../kit/looks.ts';

/** Milliseconds until the engine, and the KMS, tell of an end. */
const TOLD_MS = 8_000;
const WRITES = 5;

export const killIdentity: Drill = {
  title: 'Identity killed',
  breaks: 'kill -9 of Identity, a moment after it acknowledged a revocation',
  mustHold: 'The KMS goes on for callers whom it knows by itself and says why it is not ready; what Identity acknowledged is still so.',
  source: 'revocation.md#modes',
  engines: ['embedded', 'docker'],
  faults: [{ kind: 'killed', part: 'identity' }],
  callers: { user: [], token: ['no answer', '503 identity-unavailable'] },
  boundMs: 10_000,
  run: async (kit) => {
    const { afterwards, check, inflict, load, stack } = kit;
    const [revoked, kept] = [await tokenOf(kit), await tokenOf(kit)];
    await check('revoked', 'A token is revoked', 200, revoked.identity.revoke(CONFIDENTIAL_CLIENT, revoked.token).then(statusOf));
    await inflict({ kind: 'killed', part: 'identity' });
    await check(
      'told',
      'The status of Identity',
      'down',
      eventually(kit, 'down', TOLD_MS, () => stateOf(kit, 'identity')),
    );
    const named = '503 identity down';
    await check(
      'named',
      '/readyz of the KMS',
      named,
      eventually(kit, named, TOLD_MS, () => dependencyAt(kit, 'kms', 'identity')),
    );
    await check('serves', 'The KMS goes on for users of its realms', true, load.moreWrites(WRITES, TOLD_MS));
    afterwards(async () => {
      const { identity } = await serviceClient(stack, CONFIDENTIAL_CLIENT, 'kms:read');
      const isActive = async (token: string) => from(await identity.introspect(CONFIDENTIAL_CLIENT, token)).body('/active');
      await check('still-revoked', 'The revoked token is active', false, isActive(revoked.token));
      await check('still-good', 'The other token is active', true, isActive(kept.token));
    });
    return 'the KMS goes on';
  },
};

const tokenOf = ({ stack }: Parameters<Drill['run']>[0]) => serviceClient(stack, CONFIDENTIAL_CLIENT, 'kms:read');
