import { Type } from 'typebox';
import { strictObject } from '#infra/config/schema.ts';
import { DRAFT, part } from './document.ts';

const demo = Type.Union(
  [
    strictObject({
      step: Type.String({ description: 'Id of the step that provoked the refusal' }),
      passed: Type.Union([Type.Boolean(), Type.Null()], { description: 'Whether the step wanted it; null: it has not ended' }),
    }),
    strictObject({ provoked: Type.Integer({ minimum: 1, description: 'So many of the refusals in this sum' }) }),
  ],
  { description: 'A demo provoked it: this CLI noted its trace id when it asked' },
);

const record = strictObject({
  service: part,
  timestamp: Type.String({ description: 'ISO 8601' }),
  severity_text: Type.Enum(['DEBUG', 'INFO', 'WARN', 'ERROR']),
  body: Type.String(),
  attributes: Type.Record(Type.String(), Type.Union([Type.String(), Type.Number(), Type.Boolean(), Type.Null()])),
  trace_id: Type.Optional(Type.String()),
  span_id: Type.Optional(Type.String()),
  demo: Type.Optional(demo),
});

const otherLine = strictObject({
  service: part,
  line: Type.String({ description: 'As it is: no form fits' }),
});

/** A line of `passthru logs --output json`, which prints one JSON object a line. */
export const logLineSchema = Type.Union([record, otherLine], {
  $schema: DRAFT,
  $id: 'urn:passthru:schema:log-line:1',
  title: 'passthru logs',
});
