import type { Kysely } from 'kysely';
import { storedTexts } from '#infra/database/stored-values.ts';
import type { FineScope } from '#infra/magic/magic.ts';
import { plaintextRefused } from '#infra/secrets/passwords.ts';
import type { ServiceTables } from '#kms/database/service-tables.ts';
import type { RealmUserRow } from '#kms/database/realm-users.table.ts';
import type { Rows } from '#kms/integrity/row-integrity.ts';
import { PLAINTEXT_PREFIX } from './realms-config.ts';
import type { Roles } from '../roles.ts';

/** A user who can prove who he is with a password. */
export interface RealmUser {
  /** Stable id within the realm. */
  readonly subject: string;
  readonly username: string;
  /** `$pbkdf2-sha256$…` or, from a file only, `{plaintext}…` */
  readonly stored: string;
  /** Another one with each other password, and the same where that is only hashed anew. */
  readonly passwordVersion: string;
  /** The file realm names its tenant; the database realm holds its id. */
  readonly tenant: { readonly by: 'name' | 'id'; readonly value: string };
  /** One who is not is refused as one with a wrong password. */
  readonly isEnabled: boolean;
  readonly roles: readonly string[];
  /** Fine scopes of the roles. */
  readonly scopes: ReadonlySet<FineScope>;
}

/** A place where users are looked up by name. */
export interface UserRealm {
  /** Exact match, case and all; undefined when nobody has that name. */
  find(username: string): Promise<RealmUser | undefined>;
}

/** Only a file of the operator may hold plaintext, whatever stands in it. */
const hashOf = ({ password_hash: stored }: RealmUserRow): string => {
  if (stored.startsWith(PLAINTEXT_PREFIX)) throw plaintextRefused();
  return stored;
};

const realmUserOf = (row: RealmUserRow, known: Pick<Roles, 'scopesOf'>): RealmUser => {
  const roles = storedTexts(row.roles, `the roles of account ${row.id}`);
  return {
    subject: row.id,
    username: row.username,
    stored: hashOf(row),
    passwordVersion: String(row.password_changed_at),
    tenant: { by: 'id', value: row.tenant_id },
    isEnabled: row.disabled_at === null,
    roles,
    scopes: known.scopesOf(roles),
  };
};

/**
 * Users of `kms_realm_users`; retired ones are not found. A row that the KMS did not write is `row-damaged`, 503, and nobody gets in
 * by it.
 *
 * @param options.roles what the roles of a user grant
 * @param options.demo whether the demo's are found
 */
export const createDatabaseRealm = (
  db: Kysely<ServiceTables>,
  rows: Pick<Rows, 'service'>,
  { roles, demo }: { readonly roles: Pick<Roles, 'scopesOf'>; readonly demo: boolean },
): UserRealm => ({
  find: async (username) => {
    const named = db.selectFrom('kms_realm_users').selectAll().where('username', '=', username).where('retired_at', 'is', null);
    const query = (demo ? named : named.where('demo', '=', 0)).limit(1);
    const asked = { username, retired_at: null, demo: demo ? undefined : 0 };
    const [row] = await rows.service.read('kms_realm_users', db, () => query.execute(), asked);
    return row && realmUserOf(row, roles);
  },
});
