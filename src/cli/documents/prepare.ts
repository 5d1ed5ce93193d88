import { type Static, Type } from 'typebox';
import { strictObject } from '#infra/config/schema.ts';
import { document, nullable } from './document.ts';

/** `passthru prepare --output json` */
export const prepareSchema = document('prepare', 'passthru prepare', {
  created: Type.Boolean({ description: 'false: what was there was good' }),
  chain: Type.Array(Type.String(), { description: 'from the root down to the issuing CA' }),
  leaves: Type.Integer(),
  key_type: Type.String(),
  ca_file: Type.String(),
  state_dir: Type.String(),
  pkcs12: nullable(
    strictObject(
      {
        trust_store: Type.String({ description: 'The root, with the attribute by which Java trusts it' }),
        java_options: Type.String({ description: 'File of options with which Java finds the trust store: `java @<file>`' }),
        key_stores: Type.Array(Type.String(), { description: 'One for each client certificate' }),
      },
      { description: 'PKCS#12 files; the password of each is in <file>.password. Null where they were not asked for' },
    ),
  ),
  compose_secrets: Type.Array(Type.String(), {
    description:
      'Folders that plain Compose mounts from, with unseal shares and keys: no command removes them; none with --engine embedded',
  }),
  next: Type.Array(Type.String(), { description: 'Shell commands to go on with' }),
});

export type PrepareDocument = Static<typeof prepareSchema>;
