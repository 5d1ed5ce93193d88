import { type Static, Type } from 'typebox';
import { strictObject } from '#infra/config/schema.ts';
import { document, nullable } from './document.ts';

const user = strictObject({
  id: Type.String({ format: 'uuid' }),
  username: Type.String(),
  roles: Type.Array(Type.String()),
  enabled: Type.Boolean(),
  email: nullable(Type.String()),
  display_name: nullable(Type.String()),
  metadata: Type.Object({}, { additionalProperties: true }),
  created_at: Type.String({ format: 'date-time' }),
  updated_at: Type.String({ format: 'date-time' }),
  password_changed_at: Type.String({ format: 'date-time' }),
});

/** `passthru realm users list --output json` */
export const realmUsersListSchema = document('realm-users-list', 'passthru realm users list', { users: Type.Array(user) });

/** `passthru realm users add --output json`, and `set`, `disable`, `enable`, `set-password` and `remove` */
export const realmUserSchema = document('realm-user', 'passthru realm users add, set, disable, enable, set-password, remove', {
  user: { ...user, description: 'as it is; one that was removed, as it was' },
});

/** `passthru realm users import --output json` */
export const realmUsersImportSchema = document('realm-users-import', 'passthru realm users import', {
  made: Type.Array(Type.String(), { description: 'names of users that were made' }),
  there: Type.Array(Type.String(), { description: 'names that the tenant had already; nothing of these was changed' }),
  refused: Type.Array(strictObject({ username: Type.String(), code: Type.String(), message: Type.String() })),
});

export type RealmUsersListDocument = Static<typeof realmUsersListSchema>;
export type RealmUserDocument = Static<typeof realmUserSchema>;
export type RealmUsersImportDocument = Static<typeof realmUsersImportSchema>;
