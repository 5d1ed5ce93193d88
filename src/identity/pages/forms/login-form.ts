import { type Static, Type } from 'typebox';
import { strictObject } from '#infra/config/schema.ts';
import type { PublicAccount } from '#infra/html/landing-page.ts';

/** A posted log-in form. */
export const loginFormSchema = strictObject({
  _csrf: Type.String({ maxLength: 512 }),
  username: Type.Optional(Type.String({ maxLength: 1024 })),
  password: Type.Optional(Type.String({ maxLength: 4096 })),
  decision: Type.Optional(Type.Union([Type.Literal('login'), Type.Literal('cancel')])),
  demo_account: Type.Optional(Type.String({ maxLength: 1024 })),
});

/**
 * The name and the password that a form gives: those of an account of the demo where its button was pressed.
 *
 * @param demoAccounts none where no demo runs
 */
export const givenCredentials = (
  form: Static<typeof loginFormSchema>,
  demoAccounts: readonly PublicAccount[],
): { readonly username: string; readonly password: string } => {
  const { username = '', password = '' } = demoAccounts.find((account) => account.username === form.demo_account) ?? form;
  return { username, password };
};
