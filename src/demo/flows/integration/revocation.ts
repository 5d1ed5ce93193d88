import { keyApi } from '#demo/client/key.ts';
import { answerOf, base64url } from '#demo/client/kms.ts';
import type { Story } from '#demo/steps/step.ts';
import { seededKey, serviceClient } from '../callers.ts';
import { CONFIDENTIAL_CLIENT } from '../demo-names.ts';

/** The longest that the KMS may remember an introspection answer. */
const MAX_REMEMBERED_MS = 30_000;
const POLL_MS = 50;

/** A token that is revoked at Identity stops working at the KMS, as soon as the configured mode promises. */
export const revocation: Story = async ({ stack, check, now, sleep, signal, progress }) => {
  const { kms, token, identity } = await serviceClient(stack, CONFIDENTIAL_CLIENT, 'kms:read kms:crypto');
  const bystander = await serviceClient(stack, CONFIDENTIAL_CLIENT, 'kms:read kms:crypto');
  const { id } = await seededKey(kms, 'demo-signing-key');
  const sign = (caller = kms) =>
    keyApi(caller, id)
      .call('sign', { payload: base64url('revocation') })
      .then(answerOf);

  await check('before', 'Sign with a fresh token', '200', sign());
  await check(
    'revoked',
    'It is revoked at Identity',
    200,
    identity.revoke(CONFIDENTIAL_CLIENT, token).then(({ status }) => status),
  );
  const begun = now();
  let answer = await sign();
  while (answer === '200' && now() - begun < MAX_REMEMBERED_MS + 1_000) {
    progress('waiting until the KMS asks Identity again');
    await sleep(POLL_MS, signal);
    answer = await sign();
  }
  const waited = now() - begun;
  await check('refused', 'Sign with the revoked token', '401 token-invalid', answer);
  await check('bystander', 'Another token of the same client still works', '200', sign(bystander.kms));
  return `refused after ${Math.round(waited)} ms`;
};
