import { type Static, Type } from 'typebox';
import { strictObject } from '#infra/config/schema.ts';
import { document } from './document.ts';

const account = strictObject({
  id: Type.String({ format: 'uuid', description: 'the sub of its tokens' }),
  username: Type.String(),
  name: Type.String(),
  email: Type.String(),
  tenant_id: Type.String(),
  roles: Type.Array(Type.String()),
  permissions: Type.Array(Type.String()),
  disabled: Type.Boolean(),
  second_factors: Type.Array(Type.Union([Type.Literal('totp'), Type.Literal('passkey')]), {
    description: 'kinds that a log-in takes after the password',
  }),
  demo: Type.Boolean(),
  created_at: Type.String({ format: 'date-time' }),
});

/** `passthru account list --output json` */
export const accountListSchema = document('account-list', 'passthru account list', { accounts: Type.Array(account) });

/** `passthru account show --output json`, and so of disable, enable, set-password, reset-factors and remove */
export const accountChangeSchema = document(
  'account-change',
  'passthru account show, disable, enable, set-password, reset-factors, remove',
  {
    account,
  },
);

export type AccountListDocument = Static<typeof accountListSchema>;
export type AccountChangeDocument = Static<typeof accountChangeSchema>;
