import { type Static, Type } from 'typebox';
import { strictObject } from '#infra/config/schema.ts';
import { document } from './document.ts';

/** `passthru issuer-keys flush --output json` */
export const issuerKeysFlushSchema = document('issuer-keys-flush', 'passthru issuer-keys flush', {
  issuers: Type.Array(
    strictObject({
      issuer: Type.String(),
      keys: Type.Integer({ description: 'keys that it publishes now; 0 while it does not answer' }),
      cause: Type.Union([Type.String(), Type.Null()], { description: 'why it did not answer; null when it did' }),
    }),
  ),
});

export type IssuerKeysFlushDocument = Static<typeof issuerKeysFlushSchema>;
