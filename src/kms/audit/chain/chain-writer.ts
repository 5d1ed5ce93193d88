import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUIDv7 } from 'node:crypto';
import type { Transaction } from 'kysely';
import { AppError } from '#infra/apperr/app-error.ts';
import { canonicalJson } from '#infra/audit/canonical-json.ts';
import { type ChainPoint, FORMAT, type HeadKind, hashOf } from '#infra/audit/lines.ts';
import type { Database } from '#infra/database/databases.ts';
import { isUniqueViolation } from '#infra/database/unique-violation.ts';
import { sealedError } from '#kms/barrier/barrier-errors.ts';
import type { AuditTables } from '#kms/database/audit.table.ts';
import type { SignedRevisions } from '#kms/integrity/ledger/revisions.ts';
import type { AuditKeysNow } from './audit-keys.ts';
import { auditStore, type Durability, partAppender } from './audit.store.ts';
import { endSealedChain } from './end-sealed-chain.ts';
import type { Entry } from './recorded-act.ts';
import { MAX_REVISIONS, revisionRows, revisionsMember } from './revisions-in-heads.ts';
import { storedHeads } from './stored-heads.ts';
import { createStretch, type Stretch } from './stretch.ts';

/** Records of one commit. */
const MAX_GROUP = 256;
/** Records between two heads, so that a stretch stays small however much happens within a second. */
const MAX_STRETCH = 4_096;
/** Chains whose heads a new one names. */
const FOLLOWED = 16;
/** Milliseconds without a record after which a process ends its chain. */
const REST_MS = 120_000;
/** Milliseconds without a head after which others close a chain, because its process would have ended it. */
export const ABANDONED_MS = 300_000;

/** Adds records to the one chain of this process. */
export interface ChainWriter {
  /**
   * Resolves once the record will survive what `durability` says. Records that come while a commit is under way are the group of the
   * next one.
   *
   * @throws AppError `audit-unavailable` 503: nobody knows whether the record is there
   */
  add(entry: Entry): Promise<void>;
  /** Commits what waits, signs how far the chain has come, and puts what happened since the last head into the index. */
  head(kind?: Exclude<HeadKind, 'closed'>): Promise<void>;
  /** Ends a chain that has rested; a new one begins with the next record. */
  endOfRest(): Promise<void>;
  /** Id of the chain; null where there is none. */
  chain(): string | null;
  /** The latest head that this process signed, as a line and as the point that it names; null where none was signed yet. */
  signed(): { readonly line: string; readonly point: ChainPoint } | null;
}

interface Chain {
  readonly id: string;
  /** Begun while the barrier was sealed: its parts have no tags, and the index gets it when the barrier is unsealed. */
  readonly isSealed: boolean;
  /** The next one. */
  part: number;
  /** Of the last record. */
  seq: number;
  hash: string;
  /** The last signed head. */
  head: { readonly part: number; readonly seq: number; readonly hash: string };
  /** What happened since the last head. */
  stretch: Stretch;
  records: number;
  firstPart: number;
  /** Epoch milliseconds of the first record since; null where there is none. */
  since: number | null;
  /** Epoch milliseconds of the latest head. */
  at: number;
  /** The same on the clock that never goes back. */
  seen: number;
}

interface Group {
  readonly entries: Entry[];
  readonly committed: PromiseWithResolvers<void>;
  isTaken: boolean;
}

const unavailable = (cause: unknown): AppError =>
  new AppError('audit-unavailable', 503, 'The audit could not record this act, so what came of it is not answered.', {
    cause,
    fix: 'Look at the database of the audit: it may be full or away. A change that was under way may hold.',
    headers: { 'Retry-After': '5' },
  });

/**
 * One thing after the other: a group of records, or a head. After a write that failed nobody knows whether it holds, so its chain is left
 * as it is (it is closed later, with what is there), and the next record begins another. The same goes for a chain that others closed
 * because they took this process for dead: their head has the part that the next group would have had, so none gets behind it.
 *
 * Records that are written while the barrier is sealed have no tags, so they are in a chain of their own, which is tagged and ended when it
 * is unsealed. One that was open when it was sealed is closed later.
 *
 *     add ─► group ─┐
 *     add ─► group ─┼─► its turn: begin a chain where there is none ─► one statement ─► resolved
 *     add ─► group ─┘
 *
 * @param options.keys null while the barrier is sealed: heads and tags wait for them, records do not
 * @param options.revisions how far the databases have come, which heads name
 * @param options.onState told when records can no longer be written, and when they can be again
 */
export const createChainWriter = (options: {
  readonly database: Database<AuditTables>;
  readonly durability: Durability;
  readonly keys: AuditKeysNow;
  readonly revisions: Pick<SignedRevisions, 'unsigned' | 'signed'>;
  readonly now: () => number;
  readonly elapsed: () => number;
  readonly onState: (state: { readonly cause: unknown } | 'written') => void;
}): ChainWriter => {
  const { database, durability, keys, revisions, now, elapsed, onState } = options;
  const append = partAppender(database.db, database.kind, durability);
  // A commit belongs to no single request, and to no trace.
  const apart = AsyncLocalStorage.snapshot();
  let chain: Chain | null = null;
  let group: Group | null = null;
  let turn: Promise<unknown> = Promise.resolve();
  let isFailing = false;
  let signed: ReturnType<ChainWriter['signed']> = null;

  const inTurn = <R>(work: () => Promise<R>): Promise<R> => {
    const mine = turn.then(work, work);
    turn = mine.catch(() => {});
    return mine;
  };

  const begin = async (): Promise<Chain> => {
    const id = randomUUIDv7();
    const at = now();
    const by = keys();
    // Nobody can tell the heads of the KMS from others while it is sealed.
    const follows = by === null ? [] : (await storedHeads(database.db, by, FOLLOWED)).map((point) => ({ ...point }));
    const line = canonicalJson({ at, chain: id, follows, kind: 'begin', seq: 0, v: FORMAT });
    const head = { part: -1, seq: -1, hash: '' };
    const tag = by?.tagOf({ chain: id, part: 0, lines: line }) ?? null;
    await database.transaction(async (tx) => {
      await auditStore(tx).addChain({ id, at, ...head, indexed_part: -1, ended: 0 });
      await auditStore(tx).addPart({ chain: id, part: 0, last_seq: 0, lines: line, tag });
    });
    const place = { part: 1, seq: 0, hash: hashOf(line), head };
    return { id, isSealed: by === null, ...place, stretch: createStretch(), records: 1, firstPart: 0, since: at, at, seen: elapsed() };
  };

  /** The chain for what is written now. */
  const current = async (): Promise<Chain> => {
    const isSealed = keys() === null;
    if (chain?.isSealed === true && !isSealed) await addHead(chain, 'end');
    if (chain?.isSealed === false && isSealed) chain = null;
    return (chain ??= await begin());
  };

  const write = async (entries: readonly Entry[]): Promise<void> => {
    const to = await current();
    try {
      await addTo(to, entries);
    } catch (error) {
      // Others have closed it: their head took this part, so nothing of this group is there.
      if (!isUniqueViolation(error)) throw error;
      await addTo((chain = await begin()), entries);
    }
  };

  const addTo = async (of: Chain, entries: readonly Entry[]): Promise<void> => {
    let { seq, hash } = of;
    const lines: string[] = [];
    for (const entry of entries) {
      seq += 1;
      const line = entry.line(of.id, seq, hash);
      hash = hashOf(line);
      lines.push(line);
    }
    const part = { chain: of.id, part: of.part, lines: lines.join('\n') };
    const by = keys();
    if (by === null && !of.isSealed) throw sealedError();
    await append({ ...part, last_seq: seq, tag: of.isSealed ? null : (by?.tagOf(part) ?? null) });
    of.part += 1;
    of.seq = seq;
    of.hash = hash;
    of.records += entries.length;
    for (const { at, found } of entries) {
      of.since = Math.min(of.since ?? at, at);
      if (found !== null && !of.isSealed) of.stretch.add(found);
    }
  };

  /** Within a turn. */
  const addHead = async (of: Chain, kind: Exclude<HeadKind, 'closed'>): Promise<void> => {
    const by = keys();
    const at = Math.max(now(), of.at + 1);
    const { id, seq, hash } = of;
    if (of.isSealed && by !== null) {
      const last = { part: of.part - 1, seq, hash };
      const line = await database.transaction((tx) => endSealedChain(tx, { chain: id, last, at }, by));
      signed = { line, point: { chain: id, seq, hash } };
      chain = null;
      return;
    }
    const positions = by === null ? [] : revisions.unsigned(MAX_REVISIONS);
    const isDue = by !== null && (of.head.seq < of.seq || kind === 'end' || positions.length > 0);
    // Others see that the process lives, though it can sign nothing.
    const isQuiet = by === null && elapsed() - of.seen > REST_MS;
    if (!isDue && !isQuiet && (of.records === 0 || of.isSealed)) return;
    const line = isDue ? by.signer.sign({ at, chain: id, hash, kind, ...revisionsMember(positions), seq, v: FORMAT }) : null;
    const tag = line === null ? null : (by?.tagOf({ chain: id, part: of.part, lines: line }) ?? null);
    const head = line === null ? of.head : { part: of.part, seq, hash };
    const place = { chain: id, firstPart: of.firstPart, lastPart: of.part - 1, from: of.since ?? at, at };
    const put = async (tx: Transaction<AuditTables>): Promise<void> => {
      const store = auditStore(tx);
      if (line !== null) await store.addPart({ chain: id, part: of.part, last_seq: seq, lines: line, tag });
      await store.setRevisions(revisionRows(positions, { chain: id, part: of.part }));
      await store.addIndex(of.stretch.rows(place));
      const ended = line !== null && kind === 'end' ? 1 : 0;
      if (!(await store.setChain({ id, at, ...head, indexed_part: of.part - 1, ended })))
        throw new Error(`chain ${id} was closed meanwhile`);
    };
    await database.transaction(put);
    revisions.signed(positions);
    if (line !== null) {
      signed = { line, point: { chain: id, seq, hash } };
      of.part += 1;
    }
    Object.assign(of, { head, stretch: createStretch(), records: 0, firstPart: of.part, since: null, at, seen: elapsed() });
    if (line !== null && kind === 'end') chain = null;
  };

  const headInTurn = async (kind: Exclude<HeadKind, 'closed'>): Promise<void> => {
    // What operators and jobs change has no record, and yet a head has to say how far the databases have come by it.
    const isBehind = keys() !== null && revisions.unsigned(1).length > 0;
    if (chain === null && !isBehind) return;
    try {
      await addHead(chain ?? (await current()), kind);
    } catch (error) {
      chain = null;
      throw error;
    }
  };

  const flush = async (due: Group): Promise<void> => {
    if (due.isTaken) return;
    due.isTaken = true;
    if (group === due) group = null;
    const { entries, committed } = due;
    try {
      await write(entries);
      if (isFailing) onState('written');
      isFailing = false;
      committed.resolve();
    } catch (cause) {
      chain = null;
      if (!isFailing) onState({ cause });
      isFailing = true;
      committed.reject(unavailable(cause));
      return;
    }
    // The records are there; a head that could not be written is written at the next try.
    if (chain !== null && chain.records >= MAX_STRETCH) await headInTurn('head').catch((cause: unknown) => onState({ cause }));
  };

  return {
    add: (entry) => {
      if (group === null || group.entries.length >= MAX_GROUP) {
        const due: Group = { entries: [], committed: Promise.withResolvers(), isTaken: false };
        group = due;
        // At the end of this round of the event loop, so that all requests of the round are one group.
        setImmediate(() => apart(() => void inTurn(() => flush(due))));
      }
      group.entries.push(entry);
      return group.committed.promise;
    },
    head: (kind = 'head') =>
      apart(() =>
        inTurn(async () => {
          if (group !== null) await flush(group);
          await headInTurn(kind);
        }),
      ),
    endOfRest: () =>
      apart(() =>
        inTurn(async () => {
          if (chain !== null && chain.records === 0 && elapsed() - chain.seen > REST_MS) await headInTurn('end');
        }),
      ),
    chain: () => chain?.id ?? null,
    signed: () => signed,
  };
};
