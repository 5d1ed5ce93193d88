import { Type } from 'typebox';
import { strictObject } from '#infra/config/schema.ts';
import { ROLE_SCOPES } from '#infra/magic/magic.ts';
import { entityTagOf } from '#infra/http/request/entity-tag.ts';
import { isoOf } from '#kms/api/fields.ts';
import { nextCursor, pageQuery } from '#infra/http/request/paging.ts';
import { nullable, oneOf, uuidV7 } from '#kms/api/schemas.ts';
import { roleNameSchema } from '../realms/realms-config.ts';
import { MAX_METADATA_BYTES, type UserMetadata } from '../realms/user-metadata.ts';
import { displayNameSchema, emailSchema } from '../realms/user-profile.ts';
import { usernameSchema } from '../realms/username.ts';
import type { ChangeRealmUser, NewPassword, RealmUserAccount } from './realm-users.ts';

const username = { ...usernameSchema, examples: ['alice'] };
const email = { ...emailSchema, examples: ['alice@example.com'] };
const displayName = { ...displayNameSchema, examples: ['Alice Example'] };
const roles = Type.Array(roleNameSchema, {
  description: `Roles, built in (${Object.keys(ROLE_SCOPES).join(', ')}) or of realms.yml. You give none that grants what you do not hold yourself.`,
  minItems: 1,
  maxItems: 32,
  uniqueItems: true,
  examples: [['user']],
});
const enabled = Type.Boolean({ description: 'A user who is not is refused as one with a wrong password is.' });
const metadata = Type.Object(
  {},
  {
    additionalProperties: true,
    description: `Facts of yours about the user, up to ${MAX_METADATA_BYTES} bytes as JSON; nothing is decided by them.`,
    title: 'RealmUserMetadata',
    examples: [{ cost_centre: 4711 }],
  },
);

/** One of the two, which the schema cannot say so that every generator of clients understands it. */
const passwords = {
  password: Type.Optional(
    Type.String({ description: 'at least 12 characters', minLength: 12, maxLength: 1024, examples: ['correct horse battery'] }),
  ),
  password_hash: Type.Optional(
    Type.String({
      description:
        'in place of the password a PBKDF2-HMAC-SHA256 hash of it, as passlib, Django, Werkzeug, Spring Security or passthru made it',
      minLength: 1,
      maxLength: 1200,
    }),
  ),
};

export const createRealmUserBody = strictObject(
  {
    username,
    ...passwords,
    roles,
    enabled: Type.Optional(enabled),
    email: Type.Optional(email),
    display_name: Type.Optional(displayName),
    metadata: Type.Optional(metadata),
  },
  { examples: [{ username: 'alice', password: 'correct horse battery', roles: ['user'], email: 'alice@example.com' }] },
);

export const changeRealmUserBody = strictObject(
  {
    roles: Type.Optional(roles),
    enabled: Type.Optional(enabled),
    email: Type.Optional(nullable(email, { description: 'null for none' })),
    display_name: Type.Optional(nullable(displayName, { description: 'null for none' })),
    metadata: Type.Optional(metadata),
  },
  { minProperties: 1, examples: [{ enabled: false }, { enabled: true }, { roles: ['user'] }] },
);

export const passwordBody = strictObject(passwords, {
  minProperties: 1,
  maxProperties: 1,
  examples: [{ password: 'correct horse battery' }],
});

const switches = (description: string) => Type.Optional(oneOf(['true', 'false'], { description }));

export const departureQuery = strictObject({
  allow_no_administrator: switches('`true`: that nobody is left who may administer the users of the tenant is meant so'),
});

export const listRealmUsersQuery = strictObject({
  username: Type.Optional(username),
  enabled: switches('only users who are enabled, or who are not'),
  ...pageQuery,
});

/** A path has the id or the name. */
export const userPathField = {
  ...usernameSchema,
  description: 'the id of a user, a UUIDv7, or his name',
  examples: ['01980f6e-7c1a-7d3e-9b52-0c6f3a1e8d47'],
};

export const realmUserSchema = Type.Object(
  {
    id: uuidV7('a UUIDv7'),
    username: Type.String(),
    roles: Type.Array(Type.String()),
    enabled: Type.Boolean(),
    email: nullable(Type.String()),
    display_name: nullable(Type.String()),
    metadata,
    created_at: Type.String(),
    updated_at: Type.String(),
    password_changed_at: Type.String(),
  },
  { title: 'RealmUser', description: 'A user of the database realm; his password is in no answer, and neither is its hash.' },
);

export const realmUserPageSchema = Type.Object({ items: Type.Array(realmUserSchema), next_cursor: nextCursor }, { title: 'RealmUserPage' });

export const realmUserView = (user: RealmUserAccount) => ({
  id: user.id,
  username: user.username,
  roles: [...user.roles],
  enabled: user.isEnabled,
  email: user.email,
  display_name: user.displayName,
  metadata: { ...user.metadata },
  created_at: isoOf(user.createdAt),
  updated_at: isoOf(user.updatedAt),
  password_changed_at: isoOf(user.passwordChangedAt),
});

/** The validator of a user as he is answered; that his password was hashed anew is no change of it. */
export const realmUserTag = (user: RealmUserAccount): string => entityTagOf(realmUserView(user));

/** The members of a body as the service takes them. */
export const profileOf = (body: {
  readonly roles?: string[];
  readonly enabled?: boolean;
  readonly email?: string | null;
  readonly display_name?: string | null;
  readonly metadata?: object;
}): ChangeRealmUser => ({
  ...(body.roles !== undefined && { roles: body.roles }),
  ...(body.enabled !== undefined && { isEnabled: body.enabled }),
  ...(body.email !== undefined && { email: body.email }),
  ...(body.display_name !== undefined && { displayName: body.display_name }),
  ...(body.metadata !== undefined && { metadata: body.metadata as UserMetadata }),
});

/** @returns null where there are both, or none */
export const passwordOf = ({ password, password_hash: hash }: { password?: string; password_hash?: string }): NewPassword | null => {
  if (password !== undefined && hash === undefined) return { password };
  return hash !== undefined && password === undefined ? { passwordHash: hash } : null;
};
