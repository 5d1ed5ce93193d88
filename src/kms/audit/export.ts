import { AppError } from '#infra/apperr/app-error.ts';
import { FORMAT } from '#infra/audit/lines.ts';
import type { Database } from '#infra/database/databases.ts';
import { sealedError } from '#kms/barrier/barrier-errors.ts';
import type { AuditKeysNow } from './chain/audit-keys.ts';
import type { ChainWriter } from './chain/chain-writer.ts';
import type { AuditTables } from '#kms/database/audit.table.ts';
import { auditStore } from './chain/audit.store.ts';
import { storedHeads } from './chain/stored-heads.ts';

/** Characters after which a page of lines is long enough. */
const PAGE_LENGTH = 500_000;
const PARTS_AT_ONCE = 4;

/** Everything that there is, for an operator, page by page. */
export interface AuditExport {
  /**
   * The first line, and how far to read each chain after it: as far as it had come by then.
   *
   * @throws AppError `sealed` 503, because nobody could sign the first line
   */
  begin(): Promise<{ readonly line: string; readonly chains: readonly { readonly chain: string; readonly parts: number }[] }>;
  /**
   * @param page.from the first part, from 0
   * @param page.to the part after the last one
   * @returns where to go on; null at the end
   */
  lines(
    chain: string,
    page: { readonly from: number; readonly to: number },
  ): Promise<{ readonly lines: readonly string[]; readonly next: number | null }>;
}

const chainUnknown = (): AppError => new AppError('audit-chain-not-found', 404, 'The audit has no such chain.');

export const createExport = (options: {
  readonly database: Database<AuditTables>;
  readonly keys: AuditKeysNow;
  readonly writer: Pick<ChainWriter, 'head' | 'signed'>;
  readonly now: () => number;
}): AuditExport => {
  const { database, keys, writer, now } = options;
  const store = auditStore(database.db);
  return {
    begin: async () => {
      const by = keys();
      if (by === null) throw sealedError();
      await writer.head();
      const rows = await store.chains();
      const own = writer.signed()?.point;
      const stored = (await storedHeads(database.db, by)).filter(({ chain }) => chain !== own?.chain).map((point) => ({ ...point }));
      // Its own as it is in memory: what the database says of a chain, its owner may have set back.
      const heads = own === undefined ? stored : [...stored, { ...own }];
      const line = by.signer.sign({ at: now(), heads, kind: 'export', public_key: { ...by.signer.publicJwk }, v: FORMAT });
      const chains: { readonly chain: string; readonly parts: number }[] = [];
      // One that has not ended may have more than its head covers: that is shown, too.
      for (const { id, ended, part } of rows) chains.push({ chain: id, parts: (ended === 1 ? part : await store.lastPart(id)) + 1 });
      return { line, chains };
    },
    lines: async (chain, { from, to }) => {
      const lines: string[] = [];
      let length = 0;
      let part = from;
      while (part < to && length < PAGE_LENGTH) {
        const parts = await store.parts(chain, { from: part, to: to - 1, limit: PARTS_AT_ONCE });
        if (parts.length === 0) break;
        for (const { lines: texts, part: at } of parts) {
          lines.push(...texts.split('\n'));
          length += texts.length;
          part = at + 1;
        }
      }
      if (from === 0 && lines.length === 0) throw chainUnknown();
      const isOver = part >= to || length === 0;
      return { lines, next: isOver ? null : part };
    },
  };
};
