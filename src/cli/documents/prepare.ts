import { type Static, Type } from 'typebox';
import { document } from './document.ts';

/** `passthru prepare --output json` */
export const prepareSchema = document('prepare', 'passthru prepare', {
  created: Type.Boolean({ description: 'false: what was there was good' }),
  chain: Type.Array(Type.String(), { description: 'from the root down to the issuing CA' }),
  leaves: Type.Integer(),
  key_type: Type.String(),
  ca_file: Type.String(),
  state_dir: Type.String(),
  compose_secrets: Type.Array(Type.String(), {
    description:
      'Folders that plain Compose mounts from, with unseal shares and keys: no command removes them; none with --engine embedded',
  }),
  next: Type.Array(Type.String(), { description: 'Shell commands to go on with' }),
});

export type PrepareDocument = Static<typeof prepareSchema>;
