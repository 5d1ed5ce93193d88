import { randomBytes, randomUUIDv7 } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { identityApi } from '#client/identity/identity.ts';
import { keyApi } from '#client/kms/key.ts';
import { type KmsApi, kmsApi } from '#client/kms/kms.ts';
import { basic, bearer } from '#client/session/authorization.ts';
import { createSession, type Session } from '#client/session/session.ts';
import { demoPassword } from '#infra/demo-data/demo-password.ts';
import { CONFIDENTIAL_CLIENT } from '#demo/world/names.ts';
import { AppError } from '#infra/apperr/app-error.ts';
import { createHttpsClient } from '#infra/http/client/create-https-client.ts';
import type { HttpsResponse } from '#infra/http/client.ts';
import { KMS_RESOURCE } from '#infra/magic/magic.ts';
import type { Ledger } from './ledger.ts';

/** The faults of the moment, as far as callers may notice them. */
export interface Weather {
  /** Statuses that may come beside success, 429 and, in a fault, 503; null while nothing is broken. */
  readonly allows: readonly number[] | null;
}

export interface LoadOptions {
  readonly endpoints: { readonly kms: string; readonly discovery: string };
  readonly ca: string;
  readonly ledger: Ledger;
  readonly random: () => number;
  readonly weather: () => Weather;
  readonly finding: (text: string) => void;
  readonly signal: AbortSignal;
}

/** The outcome of one request. */
type Came = { readonly kind: 'answer'; readonly answer: HttpsResponse } | { readonly kind: 'none'; readonly error: unknown };

/** How often each outcome came. */
export type Counts = Map<string, number>;

const PAUSE_MS = 40;
const WRITERS = 3;

/** Bytes as the API takes them. */
const bytes = (): string => randomBytes(24).toString('base64url');

/**
 * Puts the stack under load until the signal aborts.
 *
 * @returns how often each outcome came
 */
export const load = async (options: LoadOptions): Promise<Counts> => {
  const { signal, ca } = options;
  const counts: Counts = new Map();
  await using client = createHttpsClient({ ca, timeoutMs: 30_000 });
  const judge = judgeOf(options, counts);
  const worker = async (act: () => Promise<void>): Promise<void> => {
    while (!signal.aborted) {
      await act();
      await sleep(PAUSE_MS);
    }
  };
  await Promise.all([
    ...Array.from({ length: WRITERS }, () => worker(writer(options, createSession({ client }), judge))),
    worker(tokenHolder(options, createSession({ client }), judge)),
  ]);
  return counts;
};

/** Holds an outcome against what may come; the answer where it is a success. */
type Judge = (act: string, work: () => Promise<HttpsResponse>) => Promise<Came & { readonly ok: boolean }>;

const judgeOf =
  ({ weather, finding }: LoadOptions, counts: Counts): Judge =>
  async (act, work) => {
    const before = weather();
    const came: Came = await work().then(
      (answer) => ({ kind: 'answer', answer }) as const,
      (error: unknown) => ({ kind: 'none', error }) as const,
    );
    const allowed = [...(before.allows ?? []), ...(weather().allows ?? [])];
    const isBroken = before.allows !== null || weather().allows !== null;
    const count = (what: string): void => void counts.set(what, (counts.get(what) ?? 0) + 1);
    if (came.kind === 'none') {
      const code = came.error instanceof AppError ? came.error.code : String(came.error);
      count(`no answer: ${code}`);
      if (!isBroken) finding(`${act}: no answer while nothing was broken: ${String(came.error)}`);
      return { ...came, ok: false };
    }
    const { status, headers, text } = came.answer;
    count(String(status));
    const ok = status >= 200 && status < 300;
    if (ok) return { ...came, ok };
    const isProblem = headers['content-type']?.startsWith('application/problem+json') === true;
    if (!isProblem && !act.startsWith('token')) finding(`${act}: ${status} is no Problem: ${text.slice(0, 200)}`);
    if (status === 429) {
      // The longest window of a limit is a minute.
      if (!(Number(headers['retry-after']) <= 60)) finding(`${act}: 429 with Retry-After ${headers['retry-after']}`);
      await sleep(1_000);
    } else if (status === 503 ? !isBroken : !allowed.includes(status)) {
      finding(`${act}: ${status} ${isBroken ? 'in a fault that does not explain it' : 'while nothing was broken'}: ${text.slice(0, 300)}`);
    }
    return { ...came, ok };
  };

/** The possible effect of a write that was not acknowledged: an answer below 500 says that nothing happened. */
const knownOf = (came: Came & { readonly ok: boolean }): 'acknowledged' | 'refused' | 'unknown' => {
  if (came.ok) return 'acknowledged';
  return came.kind === 'answer' ? 'refused' : 'unknown';
};

/** A tenant's administrator, who makes, changes, rotates and uses keys. */
const writer = ({ endpoints, ledger, random, finding }: LoadOptions, session: Session, judge: Judge): (() => Promise<void>) => {
  const kms = administrator(endpoints.kms, session);
  const oneOf = <T>(all: readonly T[]): T | undefined => all[Math.floor(random() * all.length)];
  const create = async (): Promise<void> => {
    const name = `hostile-${randomUUIDv7()}`;
    const description = randomUUIDv7();
    const came = await judge('create', () => kms.call('POST', '/elastic-keys', { name, algorithm: 'A256GCM/A256KW', description }));
    if (came.ok && came.kind === 'answer') ledger.created({ id: came.answer.json<{ id: string }>().id, name, description });
  };
  return async () => {
    const die = random();
    const key = oneOf(ledger.keys);
    if (key === undefined || die < 0.04) return create();
    if (die < 0.2) {
      ledger.rotated(key.id, knownOf(await judge('rotate', () => kms.call('POST', `/elastic-keys/${key.id}/material-keys`))));
      return;
    }
    if (die < 0.3) {
      const description = randomUUIDv7();
      const came = await judge('describe', () => kms.call('PATCH', `/elastic-keys/${key.id}`, { description }));
      ledger.described(key.id, description, knownOf(came));
      return;
    }
    const made = oneOf(ledger.ciphertexts);
    if (die < 0.65 || made === undefined) {
      const [plaintext, context] = [bytes(), randomUUIDv7()];
      const came = await judge('encrypt', () => keyApi(kms, key.id).call('encrypt', { plaintext, context }));
      if (!came.ok || came.kind !== 'answer') return;
      ledger.encrypted({ key: key.id, ciphertext: came.answer.json<{ ciphertext: string }>().ciphertext, plaintext, context });
      return;
    }
    const came = await judge('decrypt', () =>
      keyApi(kms, made.key).call('decrypt', { ciphertext: made.ciphertext, context: made.context }),
    );
    if (came.ok && came.kind === 'answer' && came.answer.json<{ plaintext: string }>().plaintext !== made.plaintext) {
      finding(`decrypt: a ciphertext of key ${made.key} opened to something else`);
    }
  };
};

/** A service that takes a token from Identity for each call of the KMS. */
const tokenHolder = ({ endpoints }: LoadOptions, session: Session, judge: Judge): (() => Promise<void>) => {
  let token = '';
  let uses = 0;
  return async () => {
    if (token === '' || uses > 20) {
      uses = 0;
      const came = await judge('token', async () => {
        const identity = await identityApi({ discovery: endpoints.discovery, session });
        return identity.tokenRequest(CONFIDENTIAL_CLIENT, {
          grant_type: 'client_credentials',
          scope: 'kms:read kms:crypto',
          resource: KMS_RESOURCE,
        });
      });
      token = came.ok && came.kind === 'answer' ? came.answer.json<{ access_token: string }>().access_token : '';
      return;
    }
    uses += 1;
    const kms = kmsApi({ url: endpoints.kms, session, authorization: bearer(token) });
    const came = await judge('list with a token', () => kms.call('GET', '/elastic-keys?limit=1'));
    if (!came.ok) token = '';
  };
};

export const administrator = (url: string, session: Session): KmsApi =>
  kmsApi({ url, session, authorization: basic('demo-tenant-admin', demoPassword('demo-tenant-admin')) });
