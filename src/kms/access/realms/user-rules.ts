import type { Roles } from '../roles.ts';
import type { FileUser } from './realms-config.ts';
import type { CheckMetadata } from './user-metadata.ts';

/** What realms.yml says of users, for those who administer the ones of the database. */
export interface UserRules {
  readonly roles: Roles;
  readonly checkMetadata: CheckMetadata;
  /** Those of the file realm; none where it is off. */
  readonly fileUsers: readonly Pick<FileUser, 'tenant' | 'roles' | 'enabled'>[];
}
