import { decodeJwt } from 'jose';
import { answerOf, bearer, kmsApi } from '#demo/client/kms.ts';
import { identityApi } from '#demo/client/identity.ts';
import type { StepContext } from '#demo/steps/step.ts';
import { SHORT_LIVED_CLIENT } from './demo-names.ts';

export interface ShortLivedToken {
  readonly token: string;
  readonly answer: string;
}

/** Expiry is told in whole seconds, so a token of one second may be born with none left; the next one is not. */
const MAX_BORN_OLD = 3;

/** A token that lives for a second at most, and what the KMS answered to it while it lived. */
export const shortLivedToken = async ({ stack, now }: Pick<StepContext, 'stack' | 'now'>): Promise<ShortLivedToken> => {
  const session = await stack.session();
  const identity = await identityApi(stack, session);
  for (let attempt = 1; ; attempt += 1) {
    const { access_token: token } = await identity.clientCredentials(SHORT_LIVED_CLIENT, 'kms:read');
    const answer = answerOf(await kmsApi(stack, session, bearer(token)).call('GET', '/elastic-keys?limit=1'));
    if (answer !== '200' && attempt < MAX_BORN_OLD && now() >= expiryOf(token)) continue;
    return { token, answer };
  }
};

/** When a token expires, epoch milliseconds. */
export const expiryOf = (token: string): number => (decodeJwt(token).exp ?? 0) * 1000;
