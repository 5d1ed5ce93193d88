import { errors, jwtVerify } from 'jose';
import type { IdentityApi } from '#client/identity/identity.ts';
import { keyApi } from '#client/kms/key.ts';
import { type KmsApi } from '#client/kms/kms.ts';
import { answered, from, observed, type Taken } from '#demo/evidence/taken.ts';
import type { StepContext, StepWork } from '#demo/step/step.ts';
import { realmUser, serviceClient } from '#demo/world/callers.ts';
import { base64url, seededKey } from '#demo/world/keys.ts';
import { samePlaintext } from '#demo/world/opened.ts';
import { CONFIDENTIAL_CLIENT, OTHER_CLIENT } from '#demo/world/names.ts';
import { AppError } from '#infra/apperr/app-error.ts';
import { orThrow } from '#infra/apperr/or-throw.ts';
import { failureFrom } from '#infra/apperr/result.ts';
import type { HttpsResponse } from '#infra/http/client.ts';

const SCOPE = 'kms:read kms:crypto';
const FOREIGN = '401 token-tenant-foreign';
/** Why a check cannot be made again from a record. */
const NO_SIGNATURE = 'it takes the signature of a token, which no record holds';
const LOOK_MS = 40;
/** The KMS looks at an issuer that was down again after a second. */
const FOUND_WITHIN_MS = 5_000;
/** Milliseconds after which a reader of the audit finds what was done. */
const INDEXED_WITHIN_MS = 1_000;
/** Characters of an answer that a failure repeats. */
const MAX_TOLD = 300;
const LOG_FIX = 'Look at logs/partner.log in the state folder; on Docker, at the log of the container `partner`.';

const list = (kms: KmsApi): Promise<Taken> => kms.call('GET', '/elastic-keys').then(answered);

/**
 * A second Identity, the partner, is another issuer for the KMS: it speaks for the tenant `demo-other`, and the first one for all
 * others. Both know the same clients and tenants, so that nothing but the authority of the issuer tells their tokens apart.
 */
export const run: StepWork = async (context) => {
  const { engine, stack, check, progress, sleep, signal } = context;
  progress('starting a second Identity');
  await using _partner = orThrow(await engine.openPartner(signal));

  // While it starts: an issuer that does not answer is no matter for the tokens of another.
  const [ours, theirs] = await Promise.all([CONFIDENTIAL_CLIENT, OTHER_CLIENT].map((client) => serviceClient(stack, client, SCOPE)));
  if (ours === undefined || theirs === undefined) throw new TypeError('a token for each of two clients');
  await check('own', 'A token of Identity for demo', '200', list(ours.kms));
  await check('foreign', 'A token of Identity for demo-other, whose issuer is another', FOREIGN, list(theirs.kms));

  await untilReady(context);
  const partner = await serviceClient(stack, OTHER_CLIENT, SCOPE, { at: 'partner' });
  const { issuer } = partner.identity.discovery;
  await check(
    'issuer',
    'The second Identity is an issuer of its own',
    stack.endpoints.partner.issuer,
    from(partner.identity.discovery).body('/issuer'),
  );
  await check(
    'keys',
    'It signs with keys that verify nothing of the first',
    'no',
    verifies(ours.token, partner.identity).then((does) => observed(NO_SIGNATURE, does)),
  );
  await check('partner-own', 'Its token for demo-other', '200', list(partner.kms));
  const key = keyApi(partner.kms, (await seededKey(partner.kms, 'demo-other-encryption-key')).id);
  const plaintext = base64url('federation');
  const sealed = await key.encrypt(plaintext);
  const opened = key.call('decrypt', { ciphertext: sealed.ciphertext }).then((answer) => samePlaintext(sealed, answer));
  await check('partner-decrypts', 'With it demo-other-client encrypts and decrypts', 'the plaintext', opened);
  const guest = await serviceClient(stack, CONFIDENTIAL_CLIENT, SCOPE, { at: 'partner' });
  await check('partner-foreign', 'Its token for demo', FOREIGN, list(guest.kms));

  const auditor = await realmUser(stack, 'demo-other-user');
  const acted = async (): Promise<Taken> => {
    const [record] = await auditor.all('readAudit', { query: { key: key.id, operation: 'decrypt', actor: OTHER_CLIENT.id } });
    return from(record ?? {})
      .body('/issuer')
      .or('no record');
  };
  let told = await acted();
  // Where somebody else read the audit just before, it has the record a second later.
  if (told.value !== issuer) {
    await sleep(INDEXED_WITHIN_MS, signal);
    told = await acted();
  }
  await check('audit', 'The audit names who decrypted, and by whose word', issuer, told);
  return 'each of two Identities for its own tenant · refused for that of the other';
};

/** Whether a token of one Identity is good under the keys of the other. */
const verifies = async (token: string, identity: IdentityApi): Promise<'yes' | 'no'> =>
  jwtVerify(token, await identity.keys()).then(
    () => 'yes' as const,
    (error: unknown) => {
      if (error instanceof errors.JOSEError) return 'no' as const;
      throw error;
    },
  );

/** Whether an answer of `/readyz` of the KMS says that the second Identity is up. */
const isFound = (answer: HttpsResponse): boolean =>
  answer.json<{ dependencies?: { partner?: { state?: string } } }>().dependencies?.partner?.state === 'up';

/** Waits until the second Identity answers, and the KMS has found it. */
const untilReady = async ({ stack, sleep, signal, now, healthTimeoutMs, progress }: StepContext): Promise<void> => {
  const session = await stack.session();
  const wait = async (what: string, url: string, timeoutMs: number, isReady: (answer: HttpsResponse) => boolean): Promise<void> => {
    for (const begun = now(); ; await sleep(LOOK_MS, signal)) {
      const answer = await session.get(url).catch((error: unknown) => {
        signal.throwIfAborted();
        return failureFrom(error).message;
      });
      if (typeof answer !== 'string' && isReady(answer)) return;
      if (now() - begun < timeoutMs) continue;
      const last = typeof answer === 'string' ? answer : `${answer.status} ${answer.text.slice(0, MAX_TOLD)}`;
      throw new AppError('partner-not-ready', 503, `waited ${timeoutMs} ms for ${what} at ${url}: ${last}`, { fix: LOG_FIX });
    }
  };
  await wait('the second Identity', stack.endpoints.partner.ready, healthTimeoutMs, ({ status }) => status === 200);
  progress('waiting until the KMS has found it');
  await wait('the KMS to find it', stack.endpoints.kms.ready, FOUND_WITHIN_MS, isFound);
};
