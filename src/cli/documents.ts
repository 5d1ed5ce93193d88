import { type Static, type TSchema, Type } from 'typebox';
import type { Failure } from '#infra/apperr/result.ts';
import { strictObject } from '#infra/config/load-config.ts';
import { DATABASES, SERVICES } from '#engine/engine.ts';

const DRAFT = 'https://json-schema.org/draft/2020-12/schema';

const document = <P extends Parameters<typeof strictObject>[0]>(
  name: string,
  title: string,
  properties: P,
  $defs?: Record<string, TSchema>,
) =>
  strictObject(
    { version: Type.Literal(1), command: Type.String(), exit_code: Type.Integer(), ...properties },
    {
      $schema: DRAFT,
      $id: `urn:passthru:schema:${name}:1`,
      title,
      ...($defs === undefined ? {} : { $defs }),
    },
  );

/** A service, or a database server that an engine runs for one. */
const part = Type.Enum([...SERVICES, ...DATABASES]);
const nullable = <T extends Parameters<typeof Type.Union>[0][number]>(type: T) => Type.Union([type, Type.Null()]);

/** `passthru status --output json` */
export const statusSchema = document('status', 'passthru status', {
  ready: Type.Boolean(),
  services: Type.Array(
    strictObject({
      service: part,
      state: Type.Enum(['ready', 'not-ready', 'starting', 'down']),
      uptime_ms: nullable(Type.Integer({ minimum: 0 })),
      pid: nullable(Type.Integer()),
      address: Type.String(),
      cause: nullable(Type.String()),
    }),
  ),
});

/** `passthru down --output json` */
export const downSchema = document('down', 'passthru down', {
  stopped: Type.Array(part),
  volumes_removed: Type.Boolean(),
});

/** `passthru prepare --output json` */
export const prepareSchema = document('prepare', 'passthru prepare', {
  created: Type.Boolean({ description: 'false: what was there was good' }),
  chain: Type.Array(Type.String(), { description: 'from the root down to the issuing CA' }),
  leaves: Type.Integer(),
  key_type: Type.String(),
  ca_file: Type.String(),
  state_dir: Type.String(),
  compose_secrets: Type.Array(Type.String(), { description: 'Folders that plain Compose mounts from; none with --engine embedded' }),
  next: Type.Array(Type.String(), { description: 'Shell commands to go on with' }),
});

/** A failure holds its cause, so it stands once in `$defs` and refers to itself. */
const failureRef = Type.Unsafe<Failure>({ $ref: '#/$defs/failure' });

/** What any command prints with `--output json` when it cannot do its work. */
export const errorSchema = document(
  'error',
  'passthru error',
  { error: failureRef },
  {
    failure: strictObject({
      code: Type.String(),
      message: Type.String(),
      cause: Type.Union([failureRef, Type.Null()]),
      fix: Type.String(),
    }),
  },
);

export type StatusDocument = Static<typeof statusSchema>;
export type DownDocument = Static<typeof downSchema>;
export type PrepareDocument = Static<typeof prepareSchema>;
