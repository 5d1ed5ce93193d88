import { type Static, Type } from 'typebox';
import { document } from './document.ts';

const certificate = Type.Object(
  {
    file: Type.String({ description: 'relative to `folder`' }),
    names: Type.Array(Type.String(), { description: 'DNS names and IP addresses; the common name of a client' }),
    not_after: Type.String({ format: 'date-time' }),
    state: Type.Enum(['good', 'due', 'ended'], { description: 'due: it ends within 30 days' }),
    lacks: Type.Array(Type.String(), { description: 'names that it should be valid for' }),
    own_authority: Type.Union([Type.Boolean(), Type.Null()], {
      description: 'whether --renew can sign it anew; null: the authority is not in its folder',
    }),
  },
  { additionalProperties: false },
);

/** `passthru prepare --profile prod --output json` */
export const prepareProdSchema = document('prepare-prod', 'passthru prepare --profile prod', {
  folder: Type.String({ description: 'PASSTHRU_MOUNTS of the Compose files' }),
  issuer: Type.String(),
  made: Type.Array(Type.String(), { description: 'files, relative to `folder`' }),
  renewed: Type.Array(Type.String()),
  kept: Type.Array(Type.String()),
  certificates: Type.Array(certificate),
  ca_file: Type.String(),
  authority_dir: Type.String({ description: 'keys of the authority and all unseal shares' }),
  next: Type.Array(Type.String(), { description: 'Shell commands to go on with' }),
});

export type PrepareProdDocument = Static<typeof prepareProdSchema>;
