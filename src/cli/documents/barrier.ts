import { type Static, Type } from 'typebox';
import { strictObject } from '#infra/config/schema.ts';
import { document, nullable } from './document.ts';

const seal = {
  sealed: Type.Boolean(),
  initialized: Type.Boolean({ description: 'whether the database has a root key; the first unsealing makes it' }),
  given: Type.Integer({ description: 'unseal shares that were given and do not suffice yet' }),
  threshold: nullable(Type.Integer({ description: 'unseal shares that are needed' })),
};

const key = strictObject({
  id: Type.String({ format: 'uuid' }),
  version: Type.Integer(),
  created_at: Type.String({ format: 'date-time' }),
});

const keys = {
  root: key,
  intermediate: key,
  older_intermediates: Type.Integer({ description: 'go once nothing names them, an hour after a rotation at the earliest' }),
  tenants: Type.Integer({ description: 'each has a content key' }),
  older_content_keys: Type.Integer({ description: 'as older_intermediates' }),
  rewrapped: strictObject(
    { content_keys: Type.Integer(), secrets: Type.Integer() },
    { description: 'by the process that was asked, since its start' },
  ),
};

/** `passthru barrier status --output json` */
export const barrierStatusSchema = document('barrier-status', 'passthru barrier status', {
  ...seal,
  keys: Type.Union([strictObject(keys), Type.Null()], { description: 'null while it is sealed' }),
});

/** `passthru barrier seal --output json` */
export const barrierSealSchema = document('barrier-seal', 'passthru barrier seal', seal);

/** `passthru barrier unseal --output json` */
export const barrierUnsealSchema = document('barrier-unseal', 'passthru barrier unseal', seal);

/** `passthru barrier rotate --output json` */
export const barrierRotateSchema = document('barrier-rotate', 'passthru barrier rotate', {
  level: Type.String({ description: 'root, intermediate or content' }),
  made: Type.Integer({ description: 'new keys' }),
  ...keys,
});

/** `passthru barrier reshare --output json` */
export const barrierReshareSchema = document('barrier-reshare', 'passthru barrier reshare', {
  state: Type.Enum(['none', 'asking', 'confirming', 'done'], {
    description: 'asking: present shares are missing; confirming: new ones are to be given back; done: only those open the database',
  }),
  given: Type.Integer({ description: 'shares that were given in this state' }),
  needed: nullable(Type.Integer()),
  files: Type.Array(Type.String(), { description: 'with a new share each, of mode 0600' }),
});

export type BarrierReshareDocument = Static<typeof barrierReshareSchema>;
export type BarrierSealDocument = Static<typeof barrierSealSchema>;
export type BarrierRotateDocument = Static<typeof barrierRotateSchema>;
export type BarrierStatusDocument = Static<typeof barrierStatusSchema>;
