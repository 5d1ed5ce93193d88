import { decodeJwt } from 'jose';
import { answered, type Taken } from '#demo/evidence/taken.ts';
import type { StepContext } from '#demo/step/step.ts';
import { serviceClient } from '#demo/world/callers.ts';
import { SHORT_LIVED_CLIENT } from '#demo/world/names.ts';

/** An access token that lives for a second at most, and the answer of the KMS to it while it lived. */
export interface ShortLivedToken {
  readonly token: string;
  readonly answer: Taken;
}

/** Expiry is told in whole seconds, so a token of one second may be born with none left; the next one is not. */
const MAX_BORN_OLD = 3;

/** Takes such a token and shows it to the KMS at once. */
export const takeShortLivedToken = async ({ stack, now }: Pick<StepContext, 'stack' | 'now'>): Promise<ShortLivedToken> => {
  for (let attempt = 1; ; attempt += 1) {
    const { kms, token } = await serviceClient(stack, SHORT_LIVED_CLIENT, 'kms:read');
    const answer = answered(await kms.call('GET', '/elastic-keys?limit=1'));
    if (answer.value !== '200' && attempt < MAX_BORN_OLD && now() >= expiryOf(token)) continue;
    return { token, answer };
  }
};

/** When a token expires, epoch milliseconds. */
const expiryOf = (token: string): number => (decodeJwt(token).exp ?? 0) * 1000;

/** The KMS grants up to 30 s of clock skew; the demo's configuration less. */
const MAX_EXPIRY_WAIT_MS = 35_000;
const EXPIRY_POLL_MS = 50;

/**
 * Shows a token to the KMS until it is refused.
 *
 * @param ask what the KMS answers to a token, `200` where it takes it
 */
export const expire = async (
  { now, sleep, signal, progress }: Pick<StepContext, 'now' | 'sleep' | 'signal' | 'progress'>,
  token: string,
  ask: (token: string) => Promise<Taken>,
): Promise<{ readonly answer: Taken; readonly isEarly: boolean }> => {
  const expiry = expiryOf(token);
  let [askedAt, answer] = [now(), await ask(token)];
  let answeredAt = now();
  if (answer.value === '200') {
    progress('waiting for the short-lived token to expire');
    await sleep(Math.max(expiry - now(), 1), signal);
  }
  while (answer.value === '200' && askedAt < expiry + MAX_EXPIRY_WAIT_MS) {
    [askedAt, answer] = [now(), await ask(token)];
    answeredAt = now();
    if (answer.value === '200') await sleep(EXPIRY_POLL_MS, signal);
  }
  return { answer, isEarly: answeredAt < expiry };
};
