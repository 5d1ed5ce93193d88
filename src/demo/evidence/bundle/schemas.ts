import { Type } from 'typebox';
import { strictObject } from '#infra/config/schema.ts';

/** The schemas of the files of a bundle that others may want to read; published in docs/schemas. */

const DRAFT = 'https://json-schema.org/draft/2020-12/schema';
const headOf = (name: string, title: string) => ({ $schema: DRAFT, $id: `urn:passthru:schema:${name}:1`, title });
const count = Type.Integer({ minimum: 0 });

/** `manifest.json` */
export const manifestSchema = strictObject(
  {
    version: Type.Literal(1),
    kind: Type.Literal('passthru-evidence'),
    created_at: Type.String({ format: 'date-time' }),
    passthru: Type.String({ description: 'version' }),
    command: Type.String(),
    engine: Type.String(),
    profile: Type.String(),
    outcome: Type.Enum(['passed', 'partial', 'failed']),
    exit_code: Type.Integer(),
    checks: strictObject({ passed: count, failed: count, repeatable: count, observed: count }),
    missing: Type.Array(strictObject({ what: Type.String(), why: Type.String() })),
    files: Type.Array(strictObject({ path: Type.String(), bytes: count, sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }) }), {
      description: 'every file but the manifest and its signature',
    }),
  },
  headOf('evidence-manifest', 'manifest.json of passthru evidence'),
);

const recipe = Type.Object(
  { take: Type.Optional(Type.String()), do: Type.Optional(Type.String()) },
  { description: 'how a value is taken from exchanges: docs/evidence.md' },
);

/** `checks.json` */
export const checksSchema = strictObject(
  {
    version: Type.Literal(1),
    checks: Type.Array(
      strictObject({
        step: Type.String(),
        id: Type.String(),
        title: Type.String(),
        status: Type.Enum(['passed', 'failed']),
        expected: Type.String(),
        got: Type.String(),
        basis: Type.Union([
          strictObject({ kind: Type.Literal('exchanges'), expected: recipe, got: recipe }),
          strictObject({ kind: Type.Literal('observed'), why: Type.String() }),
        ]),
      }),
    ),
  },
  headOf('evidence-checks', 'checks.json of passthru evidence'),
);

const headers = Type.Record(Type.String(), Type.String());
const body = Type.Union([
  Type.Null(),
  strictObject({
    kind: Type.Enum(['json', 'form', 'page', 'text']),
    value: Type.Unknown({ description: 'null for a text, which is read as a whole only' }),
    text: Type.String({ description: 'digest of the whole body' }),
    bytes: count,
  }),
]);

/** A file of `exchanges/` */
export const exchangesSchema = Type.Array(
  strictObject({
    id: Type.String({ pattern: '^x[1-9][0-9]*$' }),
    step: Type.String(),
    started_at: Type.String({ format: 'date-time' }),
    duration_ms: count,
    request: strictObject({ method: Type.String(), url: Type.String(), headers, body }),
    answer: strictObject({ status: Type.Integer({ minimum: 100, maximum: 599 }), headers, cookies: Type.Array(Type.String()), body }),
  }),
  headOf('evidence-exchanges', 'exchanges of passthru evidence'),
);
