import { type Static, Type } from 'typebox';
import { strictObject } from '#infra/config/schema.ts';
import { document, nullable, part } from './document.ts';

/** `passthru status --output json` */
export const statusSchema = document(
  'status',
  'passthru status',
  {
    ready: Type.Boolean(),
    services: Type.Array(
      strictObject({
        service: part,
        state: Type.Enum(['ready', 'not-ready', 'starting', 'down']),
        uptime_ms: nullable(Type.Integer({ minimum: 0 })),
        pid: nullable(Type.Integer()),
        address: Type.Union([Type.String(), Type.Null()], { description: 'null: it was not started or was stopped, so it has none' }),
        cause: nullable(Type.String()),
      }),
    ),
  },
  { version: 2 },
);

export type StatusDocument = Static<typeof statusSchema>;
