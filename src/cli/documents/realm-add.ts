import { type Static, Type } from 'typebox';
import { strictObject } from '#infra/config/schema.ts';
import { document, nullable } from './document.ts';

/** `passthru realm add --output json` */
export const realmAddSchema = document('realm-add', 'passthru realm add', {
  user: strictObject({ username: Type.String(), tenant: Type.String(), roles: Type.Array(Type.String()) }),
  entry: Type.String({ description: 'YAML for file.users of realms.yml, with a hash of the password' }),
  file: nullable(Type.String({ description: 'the file that it was added to' })),
});

export type RealmAddDocument = Static<typeof realmAddSchema>;
