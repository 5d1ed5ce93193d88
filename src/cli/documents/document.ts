import { type TSchema, Type } from 'typebox';
import { DATABASES, SERVICES } from '#engine/engine.ts';
import { strictObject } from '#infra/config/schema.ts';

/**
 * The JSON documents that commands print with `--output json`, one file each: a schema, and the type that it gives. They are
 * published in docs/schemas; within a version a member is only ever added, and means what it meant. The report of a run is the demo's: demo/report.ts.
 */
export const DRAFT = 'https://json-schema.org/draft/2020-12/schema';

export const document = <P extends Parameters<typeof strictObject>[0], const V extends number = 1>(
  name: string,
  title: string,
  properties: P,
  { version = 1 as V, $defs }: { readonly version?: V; readonly $defs?: Record<string, TSchema> } = {},
) =>
  strictObject(
    { version: Type.Literal(version), command: Type.String(), exit_code: Type.Integer(), ...properties },
    {
      $schema: DRAFT,
      $id: `urn:passthru:schema:${name}:${version}`,
      title,
      ...($defs === undefined ? {} : { $defs }),
    },
  );

/** A service, or a database server that an engine runs for one. */
export const part = Type.Enum([...SERVICES, ...DATABASES]);

export const nullable = <T extends Parameters<typeof Type.Union>[0][number]>(type: T) => Type.Union([type, Type.Null()]);
