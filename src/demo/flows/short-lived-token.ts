import { decodeJwt } from 'jose';
import { answerOf, bearer, kmsApi } from '#demo/client/kms.ts';
import { identityApi } from '#demo/client/identity.ts';
import type { StepContext } from '#demo/steps/step.ts';
import { SHORT_LIVED_CLIENT } from './demo-names.ts';

/** Expiry is told in whole seconds, so a token of one second may be born with none left; the next one is not. */
const MAX_BORN_OLD = 3;

/** Takes a token that lives for a second at most, shows that the KMS takes it while it lives, and gives it back. */
export const shortLivedToken = async ({ stack, check, now }: Pick<StepContext, 'stack' | 'check' | 'now'>): Promise<string> => {
  const session = await stack.session();
  const identity = await identityApi(stack, session);
  for (let attempt = 1; ; attempt += 1) {
    const { access_token: token } = await identity.clientCredentials(SHORT_LIVED_CLIENT, 'kms:read');
    const answer = answerOf(await kmsApi(stack, session, bearer(token)).call('GET', '/elastic-keys?limit=1'));
    if (answer !== '200' && attempt < MAX_BORN_OLD && now() >= expiryOf(token)) continue;
    await check('alive', 'The KMS takes a short-lived token while it lives', '200', answer);
    return token;
  }
};

/** When a token expires, epoch milliseconds. */
export const expiryOf = (token: string): number => (decodeJwt(token).exp ?? 0) * 1000;
