import type { TokenSet } from '#client/identity/identity.ts';
import { randomText } from '#client/identity/random-text.ts';
import { expectStatus } from '#client/problem.ts';
import { bearer } from '#client/session/authorization.ts';
import { from, type Taken } from '#demo/evidence/taken.ts';
import type { StepWork } from '#demo/step/step.ts';
import { serviceClient, visitor } from '#demo/world/callers.ts';
import { CERTIFICATE_CLIENT, CONFIDENTIAL_CLIENT, OPAQUE_CLIENT } from '#demo/world/names.ts';
import { newDpopKey } from './dpop-key.ts';

const READ = { grant_type: 'client_credentials', scope: 'kms:read' };

/** A token is worth nothing to who has it alone: it is bound to a key or to a certificate; and one that says nothing is asked about. */
export const run: StepWork = async ({ stack, check }) => {
  const certificate = stack.endpoints.serviceClient;
  const [session, other, certified] = await Promise.all([stack.session(), stack.session(), stack.session({ certificate })]);
  const url = `${stack.endpoints.kms.service}/elastic-keys`;
  const ask = async (headers: Record<string, string>, over = session): Promise<Taken> => from(await over.get(url, headers)).challenge;

  const [key, thief] = [await newDpopKey(), await newDpopKey()];
  const identity = await visitor(stack);
  const atIdentity = { method: 'POST', url: identity.discovery.token_endpoint };
  const answer = await identity.tokenRequest(CONFIDENTIAL_CLIENT, READ, { dpop: await key.proof(atIdentity) });
  const { access_token: token } = expectStatus(answer, 200, 'identity: DPoP-bound token').json<TokenSet>();
  const dpop = (proof: string): Record<string, string> => ({ authorization: `DPoP ${token}`, dpop: proof });
  const here = { method: 'GET', url, token };
  const proof = await key.proof(here);
  await check('dpop-type', 'Identity binds a token to the key of a proof', 'DPoP', from(answer).body('/token_type'));
  await check('dpop', 'With a proof of that key', '200', ask(dpop(proof)));
  await check('dpop-replay', 'The same proof over another connection', '401 invalid_dpop_proof', ask(dpop(proof), other));
  await check('dpop-bearer', 'The token alone, as Bearer', '401 invalid_token', ask({ authorization: bearer(token) }));
  await check('dpop-thief', 'With a proof of another key', '401 invalid_token', ask(dpop(await thief.proof(here))));
  const elsewhere = await key.proof({ ...here, url: `${url}/${randomText(6)}` });
  await check('dpop-url', 'With a proof for another URL', '401 invalid_dpop_proof', ask(dpop(elsewhere)));

  const bound = { authorization: bearer((await serviceClient(stack, CERTIFICATE_CLIENT, READ.scope, { certificate })).token) };
  await check('certificate', 'A token that is bound to a certificate, with it', '200', ask(bound, certified));
  await check('certificate-without', 'and without it', '401 invalid_token', ask(bound));

  const { token: opaque } = await serviceClient(stack, OPAQUE_CLIENT, READ.scope);
  await check('opaque', 'An opaque token', '200', ask({ authorization: bearer(opaque) }));
  await check('opaque-unknown', 'One that Identity did not give', '401 invalid_token', ask({ authorization: bearer(randomText()) }));
  return 'DPoP · certificate · opaque';
};
