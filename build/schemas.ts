// Writes the published JSON Schemas from the code that owns them; run `npm run format` afterwards.
import { mkdir, writeFile } from 'node:fs/promises';
import { reportSchema } from '../src/demo/report.ts';

const folder = new URL('../docs/schemas/', import.meta.url);
await mkdir(folder, { recursive: true });
await writeFile(new URL('demo-report.schema.json', folder), `${JSON.stringify(reportSchema, null, 2)}\n`);
