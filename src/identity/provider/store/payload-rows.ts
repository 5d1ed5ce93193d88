import type { PayloadRow } from '#identity/database/payloads.table.ts';
import { GRANT, hash, hashOfId, USER_CODE } from './payload-hashes.ts';
import type { PayloadEntry, StoredPayload } from './payloads.ts';

const optionalHash = (kind: string, value: string | undefined): string | null => (value === undefined ? null : hash(kind, value));

/** @param createdAt milliseconds since the epoch */
export const toRow = (entry: PayloadEntry, createdAt: number): PayloadRow => ({
  id_hash: hashOfId(entry.model, entry.id),
  model: entry.model,
  grant_hash: optionalHash(GRANT, entry.grantId),
  uid_hash: optionalHash('uid', entry.uid),
  user_code_hash: entry.userCode === undefined ? null : hashOfId(USER_CODE, entry.userCode),
  account_id: entry.accountId ?? null,
  client_id: entry.clientId ?? null,
  payload: JSON.stringify(entry.payload),
  expires_at: entry.expiresAt,
  consumed_at: null,
  successor_hash: null,
  created_at: createdAt,
});

export const fromRow = (row: Pick<PayloadRow, 'id_hash' | 'payload' | 'consumed_at'> | undefined): StoredPayload | undefined =>
  row && { reference: row.id_hash, payload: JSON.parse(row.payload) as Record<string, unknown>, consumedAt: row.consumed_at };
