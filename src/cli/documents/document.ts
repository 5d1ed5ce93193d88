import { type TSchema, Type } from 'typebox';
import { DATABASES, SERVICES } from '#engine/engine.ts';
import { strictObject } from '#infra/config/schema.ts';

/**
 * The JSON documents that commands print with `--output json`, one file each: a schema, and the type that it gives. They are
 * published in docs/schemas; a member is only ever added within a version. The report of a run is the demo's: demo/report.ts.
 */
const DRAFT = 'https://json-schema.org/draft/2020-12/schema';

export const document = <P extends Parameters<typeof strictObject>[0]>(
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
export const part = Type.Enum([...SERVICES, ...DATABASES]);

export const nullable = <T extends Parameters<typeof Type.Union>[0][number]>(type: T) => Type.Union([type, Type.Null()]);
