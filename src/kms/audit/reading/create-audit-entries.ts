import type { Kysely } from 'kysely';
import type { Json } from '#infra/audit/canonical-json.ts';
import { objectOf } from '#infra/audit/lines.ts';
import type { Database } from '#infra/database/databases.ts';
import { storedWord } from '#infra/database/stored-values.ts';
import { OUTCOMES } from '#kms/action.ts';
import { decodeCursor, DEFAULT_LIMIT, encodeCursor } from '#infra/http/request/cursor.ts';
import type { AuditIndexRow, AuditPartRow, AuditTables } from '#kms/database/audit.table.ts';
import { sealedError } from '#kms/barrier/barrier-errors.ts';
import type { AuditKeys, AuditKeysNow } from '../chain/audit-keys.ts';
import { auditStore } from '../chain/audit.store.ts';
import { indexedValue } from '../chain/stretch.ts';
import type { AuditEntries, AuditEntry, AuditFilter } from './audit-entries.ts';

const ORDER = 'audit';
/** Stretches that one page looks through. */
const MAX_STRETCHES = 64;
/** Characters of lines, of whatever tenants, after which a page ends with the stretch that it is in. */
const MAX_CHARACTERS = 2_000_000;
/** Milliseconds between two heads that readers ask for. */
const INDEX_EVERY_MS = 1_000;

type Line = { readonly [member: string]: Json };

/** A place in the order of the list: behind it come older records. */
interface Place {
  /** Of the stretch. */
  readonly at: number;
  readonly chain: string;
  /** Records of this stretch from here on have been shown; 0 for all of it. */
  readonly seq: number;
}

const placeOf = (cursor: string | undefined): Place | null => {
  const position = decodeCursor(ORDER, 'number', cursor);
  if (position === null) return null;
  const [chain = '', seq = ''] = position.id.split('/');
  return { at: Number(position.value), chain, seq: Number(seq) };
};

const cursorOf = ({ at, chain, seq }: Place): string => encodeCursor(ORDER, { value: at, id: `${chain}/${seq}` });

const textOr = (value: Json | undefined): string | null => (typeof value === 'string' ? value : null);

const entryOf = (line: Line): AuditEntry => ({
  chain: String(line['chain']),
  seq: Number(line['seq']),
  at: Number(line['at']),
  action: String(line['action']),
  outcome: storedWord(String(line['outcome']), OUTCOMES, 'the outcome of a record'),
  code: textOr(line['code']),
  elasticKeyId: textOr(line['elastic_key']),
  materialKeyId: textOr(line['material_key']),
  object: textOr(line['object']),
  subject: String(line['subject']),
  username: textOr(line['username']),
  credential: String(line['credential']),
  issuer: textOr(line['issuer']),
  tokenId: textOr(line['token']),
  address: textOr(line['address']),
  requestId: textOr(line['request']),
  traceId: textOr(line['trace']),
});

/** The facets that a filter names; `tenant` where it names none. */
const facetsOf = ({ key, actor, action, outcome }: AuditFilter): readonly (readonly [string, string])[] => {
  const named = Object.entries({ key, actor, action, outcome }).flatMap(([facet, value]) =>
    value === undefined ? [] : [[facet, indexedValue(value)] as const],
  );
  return named.length > 0 ? named : [['tenant', '']];
};

/** The stretches in which everything that the filter names occurs, the youngest first. */
const findStretches = (
  db: Kysely<AuditTables>,
  tenantId: string,
  filter: AuditFilter,
  page: { readonly after: Place | null; readonly limit: number },
): Promise<AuditIndexRow[]> => {
  const { after, limit } = page;
  const [[facet, value] = ['tenant', ''], ...others] = facetsOf(filter);
  let query = db
    .selectFrom('audit_index as found')
    .selectAll()
    .where('found.tenant_id', '=', tenantId)
    .where('found.facet', '=', facet)
    .where('found.value', '=', value);
  for (const [also, is] of others) {
    query = query.where(({ exists, selectFrom }) =>
      exists(
        selectFrom('audit_index as other')
          .select('other.at')
          .where('other.tenant_id', '=', tenantId)
          .where('other.facet', '=', also)
          .where('other.value', '=', is)
          .whereRef('other.at', '=', 'found.at')
          .whereRef('other.chain', '=', 'found.chain'),
      ),
    );
  }
  const { from, to } = filter;
  if (from !== undefined) query = query.where('found.at', '>=', from);
  if (to !== undefined) query = query.where('found.from_at', '<', to);
  if (after !== null)
    query = query.where(({ or, and, eb }) =>
      or([eb('found.at', '<', after.at), and([eb('found.at', '=', after.at), eb('found.chain', after.seq > 0 ? '<=' : '<', after.chain)])]),
    );
  return query.orderBy('found.at', 'desc').orderBy('found.chain', 'desc').limit(limit).execute();
};

/** The lines of parts that the KMS did not write are nobody's records. */
interface Evidence {
  readonly keys: AuditKeys;
  readonly onForeign: (part: AuditPartRow) => void;
}

/** The records of a stretch that the filter wants, the youngest first. */
const recordsIn = async (
  db: Kysely<AuditTables>,
  row: AuditIndexRow,
  { keys, onForeign }: Evidence,
  { tenantId, filter }: { readonly tenantId: string; readonly filter: AuditFilter },
): Promise<{ readonly found: readonly AuditEntry[]; readonly characters: number }> => {
  const { key, actor, action, outcome, from = -Infinity, to = Infinity } = filter;
  // Most lines are of others: only those that name the tenant are read.
  const named = `"tenant":${JSON.stringify(tenantId)}`;
  const entries: AuditEntry[] = [];
  let characters = 0;
  for (const part of await auditStore(db).parts(row.chain, { from: row.first_part, to: row.last_part })) {
    characters += part.lines.length;
    if (!part.lines.includes(named)) continue;
    if (!keys.isOwn(part)) {
      onForeign(part);
      continue;
    }
    for (const text of part.lines.split('\n')) {
      const line = text.includes(named) ? objectOf(text) : null;
      // The text may stand in a name that somebody chose.
      if (line === null || line['kind'] !== 'act' || line['tenant'] !== tenantId) continue;
      const entry = entryOf(line);
      const isWanted =
        (key === undefined || entry.elasticKeyId === key) &&
        (actor === undefined || entry.subject === actor) &&
        (action === undefined || entry.action === action) &&
        (outcome === undefined || entry.outcome === outcome) &&
        entry.at >= from &&
        entry.at < to;
      if (isWanted) entries.push(entry);
    }
  }
  return { found: entries.toReversed(), characters };
};

/**
 * @param options.indexNow puts into the index what this process has recorded: asked for once a second, so that readers make no more heads
 *   than that; what other replicas did is there within a second, too
 * @param options.elapsed milliseconds of a clock that never goes back
 * @param options.onForeign told of a part that the KMS did not write; its lines are left out
 */
export const createAuditEntries = (options: {
  readonly database: Database<AuditTables>;
  readonly keys: AuditKeysNow;
  readonly indexNow: () => Promise<void>;
  readonly elapsed: () => number;
  readonly onForeign: (part: AuditPartRow) => void;
}): AuditEntries => {
  const { database, keys: keysNow, indexNow, elapsed, onForeign } = options;
  const { db } = database;
  let indexed = -Infinity;
  return {
    list: async (tenantId, filter, { limit = DEFAULT_LIMIT, cursor }) => {
      const after = placeOf(cursor);
      if (after === null && elapsed() - indexed >= INDEX_EVERY_MS) {
        indexed = elapsed();
        await indexNow();
      }
      const keys = keysNow();
      if (keys === null) throw sealedError();
      const stretches = await findStretches(db, tenantId, filter, { after, limit: MAX_STRETCHES + 1 });
      const items: AuditEntry[] = [];
      let read = 0;
      for (const row of stretches.slice(0, MAX_STRETCHES)) {
        const isResumed = row.at === after?.at && row.chain === after.chain;
        const { found, characters } = await recordsIn(db, row, { keys, onForeign }, { tenantId, filter });
        const left = isResumed ? found.filter(({ seq }) => seq < after.seq) : found;
        const room = limit - items.length;
        items.push(...left.slice(0, room));
        const last = items.at(-1);
        if (left.length > room && last !== undefined)
          return { items, nextCursor: cursorOf({ at: row.at, chain: row.chain, seq: last.seq }) };
        read += characters;
        // The stretch is read to its end, and what comes before it is on the next page.
        if ((items.length === limit || read > MAX_CHARACTERS) && row !== stretches.at(-1))
          return { items, nextCursor: cursorOf({ at: row.at, chain: row.chain, seq: 0 }) };
      }
      const end = stretches[MAX_STRETCHES - 1];
      const hasMore = stretches.length > MAX_STRETCHES && end !== undefined;
      return { items, nextCursor: hasMore ? cursorOf({ at: end.at, chain: end.chain, seq: 0 }) : null };
    },
  };
};
