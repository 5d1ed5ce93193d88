import { type Static, Type } from 'typebox';
import { strictObject } from '#infra/config/schema.ts';
import { document } from './document.ts';

const kid = Type.String({ format: 'uuid' });
const changed = {
  active: Type.String({ format: 'uuid', description: 'signs now' }),
  published: Type.String({ format: 'uuid', description: 'will sign after the next rotation' }),
};

/** `passthru signing-key list --output json` */
export const signingKeyListSchema = document('signing-key-list', 'passthru signing-key list', {
  keys: Type.Array(
    strictObject({
      kid,
      algorithm: Type.String({ description: 'by which it signs: ES256, or another that is offered' }),
      state: Type.String({ description: 'active, published or retired' }),
    }),
  ),
});

/** `passthru signing-key rotate --output json` */
export const signingKeyRotateSchema = document('signing-key-rotate', 'passthru signing-key rotate', {
  ...changed,
  retired: Type.String({ format: 'uuid', description: 'verifies what it signed, until that has ended' }),
});

/** `passthru signing-key withdraw --output json` */
export const signingKeyWithdrawSchema = document('signing-key-withdraw', 'passthru signing-key withdraw', {
  ...changed,
  withdrawn: Type.String({ format: 'uuid', description: 'is trusted by nobody any more' }),
});

export type SigningKeyListDocument = Static<typeof signingKeyListSchema>;
export type SigningKeyRotateDocument = Static<typeof signingKeyRotateSchema>;
export type SigningKeyWithdrawDocument = Static<typeof signingKeyWithdrawSchema>;
