import { randomBytes, randomInt, randomUUIDv7 } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import type { HttpsClient } from '#infra/http/client.ts';
import type { Answer, Ledger } from './ledger.ts';
import { type KnownKey, type Operation, requestOf, tenantOf } from './operations.ts';

/** A client of one tenant with its credential; `connect` opens connections of its own each time. */
export interface Caller {
  readonly tenant: string;
  connect(): HttpsClient;
  /** Headers of every request. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface LoadOptions {
  readonly ledger: Ledger;
  readonly callers: readonly Caller[];
  /** Clients of each caller at once. */
  readonly clients: number;
  /** Base of the service API, at the balancer. */
  readonly base: string;
  /** Monotonic milliseconds. */
  readonly clock: () => number;
}

export interface Load extends AsyncDisposable {
  /** Resolves when so many right answers have come; rejects when the load ended before. */
  reached(right: number): Promise<void>;
  /** No new stories; resolves when those under way are at their end. */
  stop(): Promise<void>;
}

/** A refused request is tried again for this long, in milliseconds. */
const RETRY_MS = 60_000;
const PAUSE_MS = 100;

const ENCRYPTION = ['A256GCM/A256KW'] as const;
const SIGNING = ['ES256', 'EdDSA'] as const;

const pick = <T>(items: readonly T[]): T | undefined => (items.length === 0 ? undefined : items[randomInt(items.length)]);
const content = (): string => randomBytes(randomInt(1, 300)).toString('base64url');

const answerOf = async (client: HttpsClient, operation: Operation, caller: Caller, base: string): Promise<Answer> => {
  const { status, text } = await client.request({ ...requestOf(operation, base), headers: caller.headers });
  try {
    return { status, body: JSON.parse(text) };
  } catch {
    return { status, body: null };
  }
};

/** Clients that create, read, rotate, encrypt, decrypt, sign and verify until they are told to stop, on one another's keys. */
export const startLoad = ({ ledger, callers, clients, base, clock }: LoadOptions): Load => {
  const stopped = new AbortController();
  const waiting: { readonly right: number; readonly resolve: () => void; readonly reject: (error: Error) => void }[] = [];

  const wake = (): void => {
    for (const each of waiting.filter(({ right }) => ledger.right >= right)) each.resolve();
  };

  /** One request until it is answered; a broken or refused one is sent again, over another connection. */
  const perform = async (caller: Caller, client: HttpsClient, operation: Operation): Promise<void> => {
    const since = clock();
    let [current, again] = [client, operation];
    await using renewed = new AsyncDisposableStack();
    for (;;) {
      ledger.asks(again);
      const sent = clock();
      try {
        const answer = await answerOf(current, again, caller, base);
        const verdict = ledger.takes(again, answer);
        if (verdict === 'taken' && operation.kind === 'create') again = { ...operation, kind: 'find' };
        else if (verdict !== 'refused') return wake();
        else ledger.breaks(again, { what: `${answer.status} ${JSON.stringify(answer.body)}`, since: sent, at: clock() });
      } catch (error) {
        ledger.breaks(again, { what: String(error), since: sent, at: clock() });
      }
      if (clock() - since > RETRY_MS) return ledger.condemns(`${operation.kind} of ${caller.tenant} was refused for ${RETRY_MS} ms`);
      if (again.kind === 'create') again = { ...again, again: true };
      await setTimeout(PAUSE_MS);
      current = renewed.use(caller.connect());
    }
  };

  const known = (tenant: string, algorithms: readonly string[]): KnownKey | undefined =>
    pick(ledger.keysOf(tenant).filter(({ algorithm }) => algorithms.includes(algorithm)));
  const newest = (key: KnownKey): number => Math.max(1, ...key.versions.keys());

  /** The calls of one client over one connection. */
  const story = async function* (tenant: string): AsyncGenerator<Operation, void> {
    const create = (algorithms: readonly string[]): Operation => {
      const name = `${tenant}-${randomUUIDv7()}`;
      return { kind: 'create', tenant, name, algorithm: pick(algorithms) ?? '', again: false };
    };
    yield create(ENCRYPTION);
    yield create(SIGNING);
    for (let round = 0; round < 3; round += 1) {
      const [encrypting, signing] = [known(tenant, ENCRYPTION), known(tenant, SIGNING)];
      if (encrypting === undefined || signing === undefined) return;
      yield { kind: 'encrypt', key: encrypting, content: content(), context: randomUUIDv7() };
      yield { kind: 'sign', key: signing, content: content() };
      const sealed = pick(ledger.sealed.filter(({ key }) => key.tenant === tenant));
      if (sealed !== undefined) yield { kind: 'decrypt', sealed };
      const signed = pick(ledger.signed.filter(({ key }) => key.tenant === tenant));
      if (signed !== undefined) yield { kind: 'verify', signed };
      const rotated = pick([encrypting, signing]) ?? encrypting;
      yield { kind: 'rotate', key: rotated, above: newest(rotated) };
      yield { kind: 'read', key: rotated, atLeast: newest(rotated) };
      const other = pick(callers.filter((caller) => caller.tenant !== tenant).flatMap((caller) => ledger.keysOf(caller.tenant)));
      if (other !== undefined) yield { kind: 'trespass', tenant, key: other };
    }
    yield { kind: 'list', tenant };
  };

  const run = async (caller: Caller): Promise<void> => {
    while (!stopped.signal.aborted) {
      await using client = caller.connect();
      for await (const operation of story(caller.tenant)) {
        if (tenantOf(operation) !== caller.tenant) throw new TypeError(`${operation.kind} is not of ${caller.tenant}`);
        await perform(caller, client, operation);
        if (stopped.signal.aborted) return;
      }
    }
  };

  const running = Promise.all(callers.flatMap((caller) => Array.from({ length: clients }, () => run(caller))));
  running.then(
    () => waiting.forEach(({ reject }) => reject(new Error('the load was stopped'))),
    (error: unknown) => waiting.forEach(({ reject }) => reject(error instanceof Error ? error : new Error(String(error)))),
  );
  const stop = async (): Promise<void> => {
    stopped.abort();
    await running;
  };
  return {
    reached: (right) =>
      new Promise((resolve, reject) => {
        waiting.push({ right, resolve, reject });
        wake();
      }),
    stop,
    [Symbol.asyncDispose]: stop,
  };
};
