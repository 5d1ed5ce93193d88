// Writes what follows from the code that owns it: JSON Schemas, the command line, the operations of the KMS for its client (`npm run generate`).
import { mkdir, writeFile } from 'node:fs/promises';
import { downSchema } from '../src/cli/documents/down.ts';
import { errorSchema } from '../src/cli/documents/error.ts';
import { prepareSchema } from '../src/cli/documents/prepare.ts';
import { prepareProdSchema } from '../src/cli/documents/prepare-prod.ts';
import { statusSchema } from '../src/cli/documents/status.ts';
import { tenantCreateSchema } from '../src/cli/documents/tenant-create.ts';
import { reportSchema } from '../src/demo/report.ts';
import { kmsHouse, runKms } from '../test/kms/support/kms-server.ts';
import { cliReference } from './cli-reference.ts';
import { kmsOperationsSource, type OpenApiDocument } from './kms-operations.ts';

const schemas = {
  'demo-report': reportSchema,
  status: statusSchema,
  down: downSchema,
  prepare: prepareSchema,
  'prepare-prod': prepareProdSchema,
  'tenant-create': tenantCreateSchema,
  error: errorSchema,
};

const folder = new URL('../docs/schemas/', import.meta.url);
await mkdir(folder, { recursive: true });
for (const [name, schema] of Object.entries(schemas)) {
  await writeFile(new URL(`${name}.schema.json`, folder), `${JSON.stringify(schema, null, 2)}\n`);
}
await writeFile(new URL('../docs/cli.md', import.meta.url), cliReference());

await using house = await kmsHouse();
await using kms = await runKms(house, { demo: false });
const document = (await kms.send('/openapi.json')).json<OpenApiDocument>();
await writeFile(new URL('../src/client/kms/operations.gen.ts', import.meta.url), kmsOperationsSource(document));
