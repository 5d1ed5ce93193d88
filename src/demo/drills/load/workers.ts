import { randomBytes, randomUUIDv7 } from 'node:crypto';
import { identityApi } from '#client/identity/identity.ts';
import { keyApi } from '#client/kms/key.ts';
import { kmsApi, type KmsApi } from '#client/kms/kms.ts';
import { bearer } from '#client/session/authorization.ts';
import type { Session } from '#client/session/session.ts';
import { CONFIDENTIAL_CLIENT } from '#demo/world/names.ts';
import { newFlowKeyName } from '#infra/demo-data/flow-keys.ts';
import { KMS_RESOURCE } from '#infra/magic/magic.ts';
import { type Judge, knownOf } from './judge.ts';
import type { Ledger } from './ledger.ts';

/** One thing that a worker does, again and again. */
export type Turn = () => Promise<void>;

/** So many keys are made for good; one more now and then. */
const [FEW_KEYS, ANOTHER_KEY] = [2, 0.02];
/** Calls with one token. */
const TOKEN_USES = 20;

/** A tenant's administrator, who makes, changes, rotates and uses keys. */
export const writer = (of: {
  readonly kms: KmsApi;
  readonly ledger: Ledger;
  readonly judge: Judge;
  readonly random: () => number;
  readonly finding: (text: string) => void;
}): Turn => {
  const { kms, ledger, judge, random, finding } = of;
  const oneOf = <T>(all: readonly T[]): T | undefined => all[Math.floor(random() * all.length)];

  const create: Turn = async () => {
    const [name, description] = [newFlowKeyName(), randomUUIDv7()];
    const body = { name, algorithm: 'A256GCM/A256KW', description };
    const came = await judge.request('create', () => kms.call('POST', '/elastic-keys', body));
    const known = knownOf(came);
    if (came.kind === 'success') ledger.created({ id: came.answer.json<{ id: string }>().id, name, description });
    else ledger.notCreated({ name, description, answer: known === 'refused' ? 'refused' : 'unknown' });
  };
  const encrypt = async (key: string): Promise<void> => {
    const [plaintext, context] = [randomBytes(24).toString('base64url'), randomUUIDv7()];
    const came = await judge.request('encrypt', () => keyApi(kms, key).call('encrypt', { plaintext, context }));
    if (came.kind !== 'success') return;
    ledger.encrypted({ key, ciphertext: came.answer.json<{ ciphertext: string }>().ciphertext, plaintext, context });
  };

  return async () => {
    const die = random();
    const key = oneOf(ledger.keys)?.id;
    if (key === undefined || ledger.keys.length < FEW_KEYS || die < ANOTHER_KEY) return create();
    if (die < 0.2) {
      ledger.rotated(key, knownOf(await judge.request('rotate', () => kms.call('POST', `/elastic-keys/${key}/material-keys`))));
      return;
    }
    if (die < 0.3) {
      const description = randomUUIDv7();
      const came = await judge.request('describe', () => kms.call('PATCH', `/elastic-keys/${key}`, { description }));
      ledger.described(key, description, knownOf(came));
      return;
    }
    const made = oneOf(ledger.ciphertexts);
    if (die < 0.65 || made === undefined) return encrypt(key);
    const { ciphertext, context, plaintext } = made;
    const came = await judge.request('decrypt', () => keyApi(kms, made.key).call('decrypt', { ciphertext, context }));
    if (came.kind === 'success' && came.answer.json<{ plaintext: string }>().plaintext !== plaintext) {
      finding(`decrypt: a ciphertext of key ${made.key} opened to something else`);
    }
  };
};

/** A service that takes a token from Identity, and reads with it at the KMS. */
export const tokenHolder = (of: {
  readonly discovery: string;
  readonly service: string;
  readonly session: Session;
  readonly judge: Judge;
}): Turn => {
  const { discovery, service, session, judge } = of;
  const scope = 'kms:read kms:crypto';
  let token = '';
  let uses = 0;
  return async () => {
    if (token === '' || uses >= TOKEN_USES) {
      uses = 0;
      const came = await judge.request('token', async () => {
        const identity = await identityApi({ discovery, session });
        return identity.tokenRequest(CONFIDENTIAL_CLIENT, { grant_type: 'client_credentials', scope, resource: KMS_RESOURCE });
      });
      token = came.kind === 'success' ? came.answer.json<{ access_token: string }>().access_token : '';
      return;
    }
    uses += 1;
    const kms = kmsApi({ url: service, session, authorization: bearer(token) });
    const came = await judge.request('list with a token', () => kms.call('GET', '/elastic-keys?limit=1'));
    if (came.kind !== 'success') token = '';
  };
};
