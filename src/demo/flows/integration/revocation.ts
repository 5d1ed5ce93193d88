import { readCounter } from '#client/admin/metrics.ts';
import { keyApi } from '#client/kms/key.ts';
import { answered, observed, statusOf, text } from '#demo/evidence/taken.ts';
import type { StepWork } from '#demo/step/step.ts';
import { operator, serviceClient } from '#demo/world/callers.ts';
import { base64url, seededKey } from '#demo/world/keys.ts';
import { CONFIDENTIAL_CLIENT } from '#demo/world/names.ts';
import { readRevocationPromise } from './revocation-promise.ts';

const POLL_MS = 50;
const UNASKED_CALLS = 10;

/** A token that is revoked at Identity stops working at the KMS, as soon as the configured mode promises. */
export const run: StepWork = async ({ stack, check, now, sleep, signal, progress }) => {
  const { mode, boundMs } = await readRevocationPromise();
  const { kms, token, identity } = await serviceClient(stack, CONFIDENTIAL_CLIENT, 'kms:read kms:crypto');
  const bystander = await serviceClient(stack, CONFIDENTIAL_CLIENT, 'kms:read kms:crypto');
  const { id } = await seededKey(kms, 'demo-signing-key');
  const sign = (caller = kms) =>
    keyApi(caller, id)
      .call('sign', { payload: base64url('revocation') })
      .then(answered);

  await check('before', 'Sign with a fresh token', '200', sign());
  if (mode === 'feed') {
    const questions = async () => readCounter({ ...(await operator(stack)), name: 'passthru_kms_introspections_total' });
    const asked = await questions();
    for (let n = 0; n < UNASKED_CALLS; n += 1) await sign();
    await check(
      'unasked',
      `Questions of the KMS to Identity while it signs ${UNASKED_CALLS} times`,
      '0',
      observed('a counter is read before and after, out of a list of metrics', String((await questions()) - asked)),
    );
  }
  await check('revoked', 'It is revoked at Identity', 200, identity.revoke(CONFIDENTIAL_CLIENT, token).then(statusOf));
  const revokedAt = now();
  let sentAt = revokedAt;
  let answer = await sign();
  // One request more is sent when the bound is over; that one counts.
  while (answer.value === '200' && sentAt - revokedAt < boundMs) {
    progress(`waiting until the KMS knows it, within ${boundMs} ms`);
    await sleep(POLL_MS, signal);
    sentAt = now();
    answer = await sign();
  }
  const promised = boundMs === 0 ? 'at the next request' : `within ${boundMs / 1000} s`;
  const kept = sentAt - revokedAt <= boundMs + POLL_MS ? promised : 'later';
  await check('refused', 'Sign with the revoked token', `401 token-invalid ${promised}`, text(answer, ` ${kept}`));
  await check('bystander', 'Another token of the same client still works', '200', sign(bystander.kms));
  const measured = boundMs === 0 ? promised : `after ${Math.round(sentAt - revokedAt)} ms, ${promised}`;
  return `mode ${mode}: refused ${measured}${mode === 'feed' ? ', no call asks' : ''}`;
};
