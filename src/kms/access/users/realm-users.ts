import type { Precondition } from '#infra/http/request/entity-tag.ts';
import type { Page } from '#infra/http/request/paging.ts';
import type { Caller } from '#kms/caller.ts';
import type { UserMetadata } from '../realms/user-metadata.ts';

/**
 * The users of the database realm, as those see them who administer them. Everything here is an act that goes through the one door, in
 * the name of a caller and within his tenant; no answer has a password or a hash.
 *
 *     routes ──► service ──► operate ──► store ──► kms_realm_users
 *                   └─ given-roles: who may give what to whom
 */

/** Times are epoch milliseconds. */
export interface RealmUserAccount {
  /** UUIDv7. */
  readonly id: string;
  readonly username: string;
  readonly roles: readonly string[];
  readonly isEnabled: boolean;
  readonly email: string | null;
  readonly displayName: string | null;
  readonly metadata: UserMetadata;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly passwordChangedAt: number;
}

/** A new password, or a hash of it that another system made. */
export type NewPassword = { readonly password: string } | { readonly passwordHash: string };

/** The members of a user that others say. */
interface Profile {
  readonly roles: readonly string[];
  readonly isEnabled: boolean;
  /** Null for none. */
  readonly email: string | null;
  /** Null for none. */
  readonly displayName: string | null;
  readonly metadata: UserMetadata;
}

export type CreateRealmUser = Pick<Profile, 'roles'> & Partial<Profile> & NewPassword & { readonly username: string };
export type ChangeRealmUser = Partial<Profile>;

export interface Condition {
  /** Looks at the user who is changed, in the transaction of the change. */
  readonly precondition?: Precondition<RealmUserAccount>;
}

interface Departure extends Condition {
  /** That nobody is left who may administer the users of the tenant is meant so. */
  readonly isLastMeant?: boolean;
}

export interface ListRealmUsers {
  /** Exact name. */
  readonly username?: string;
  readonly isEnabled?: boolean;
  /** 1 to 100, default 50. */
  readonly limit?: number;
  /** `nextCursor` of the page before. */
  readonly cursor?: string;
}

/**
 * A `user` is the id of one, or his name. Each change holds from its answer on, in every replica. Nobody may give what he does not hold
 * himself, nor change a user who may do more than he. Grants to a user count where he gets a password or is enabled. `beyond-own-scopes`
 * 403.
 */
export interface RealmUsers {
  /** By name. */
  list(caller: Caller, query?: ListRealmUsers): Promise<Page<RealmUserAccount>>;
  /** @throws AppError `realm-user-not-found` 404 */
  read(caller: Caller, user: string): Promise<RealmUserAccount>;
  /**
   * @throws AppError `username-invalid`, `roles-unknown`, `metadata-invalid`, `password-hash-invalid` 400, `username-used`,
   *   `realm-switched-off`, `realm-users-quota` 409, `password-queue-full` 429
   */
  create(caller: Caller, input: CreateRealmUser): Promise<RealmUserAccount>;
  /** @throws AppError `realm-user-not-found` 404, `last-administrator` 409, `precondition-failed` 412, and as `create` */
  change(caller: Caller, user: string, changes: ChangeRealmUser, departure?: Departure): Promise<RealmUserAccount>;
  /** @throws AppError `realm-user-not-found` 404, `password-hash-invalid` 400, `precondition-failed` 412, `password-queue-full` 429 */
  setPassword(caller: Caller, user: string, password: NewPassword, condition?: Condition): Promise<RealmUserAccount>;
  /**
   * @returns the user as he was
   * @throws AppError `realm-user-not-found` 404, `last-administrator` 409, `precondition-failed` 412
   */
  remove(caller: Caller, user: string, departure?: Departure): Promise<RealmUserAccount>;
}
