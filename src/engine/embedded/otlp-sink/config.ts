import { Type } from 'typebox';
import { filePath, strictObject } from '#infra/config/schema.ts';
import { listenerConfigSchema } from '#infra/http/config.ts';
import { logFileConfigSchema } from '#infra/telemetry/config.ts';

export const sinkConfigSchema = strictObject({
  server: listenerConfigSchema,
  directory: filePath({ description: 'folder of traces.jsonl, metrics.jsonl and logs.jsonl; made when it is missing' }),
  log: Type.Optional(logFileConfigSchema),
});
