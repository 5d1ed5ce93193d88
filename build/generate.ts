// Writes what is published from the code that owns it, JSON Schemas and the command line: `npm run generate`.
import { mkdir, writeFile } from 'node:fs/promises';
import { downSchema, errorSchema, prepareSchema, statusSchema } from '../src/cli/documents.ts';
import { reportSchema } from '../src/demo/report.ts';
import { cliReference } from './cli-reference.ts';

const schemas = { 'demo-report': reportSchema, status: statusSchema, down: downSchema, prepare: prepareSchema, error: errorSchema };

const folder = new URL('../docs/schemas/', import.meta.url);
await mkdir(folder, { recursive: true });
for (const [name, schema] of Object.entries(schemas)) {
  await writeFile(new URL(`${name}.schema.json`, folder), `${JSON.stringify(schema, null, 2)}\n`);
}
await writeFile(new URL('../docs/cli.md', import.meta.url), cliReference());
