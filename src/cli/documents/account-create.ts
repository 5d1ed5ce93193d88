import { type Static, Type } from 'typebox';
import { strictObject } from '#infra/config/schema.ts';
import { document } from './document.ts';

/** `passthru account create --output json` */
export const accountCreateSchema = document('account-create', 'passthru account create', {
  account: strictObject({
    id: Type.String({ description: 'the sub of its tokens' }),
    username: Type.String(),
    tenant_id: Type.String(),
    roles: Type.Array(Type.String()),
  }),
});

export type AccountCreateDocument = Static<typeof accountCreateSchema>;
