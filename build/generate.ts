// Writes what follows from what owns it: JSON Schemas, the command line, the configuration, the samples and the tables of libraries in
// their pages, the verifier of bundles, the operations of the KMS for its client, the API of Identity for operators, the migrations that
// snapshots name (`npm run generate`).
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { realmsJsonSchema } from '../src/kms/access/realms/realms-schema.ts';
import { kmsHouse, runKms } from '../test/kms/support/kms-server.ts';
import { startTestIdentity } from '../test/support/identity.ts';
import { authorizationPage, type DescribedScopes } from './authorization-page.ts';
import { cliReference } from './cli-reference.ts';
import { configurationReference } from './configuration-reference.ts';
import { DOCUMENT_SCHEMAS } from './document-schemas.ts';
import { withDrillsTable } from './drills-table.ts';
import { kmsOperationsSource, type OpenApiDocument } from './kms-operations.ts';
import { verifierSource } from './evidence-verifier.ts';
import { knownSchemasSource } from './known-schemas.ts';
import { withLibraryTables } from './library-tables.ts';
import { performanceFigures } from './performance-figures.ts';
import { withPerformanceTables } from './performance-tables.ts';
import { withSamples } from './samples.ts';

const folder = new URL('../docs/schemas/', import.meta.url);
await mkdir(folder, { recursive: true });
for (const [name, schema] of Object.entries(DOCUMENT_SCHEMAS)) {
  await writeFile(new URL(`${name}.schema.json`, folder), `${JSON.stringify(schema, null, 2)}\n`);
}
await writeFile(new URL('../docs/cli.md', import.meta.url), cliReference());
await writeFile(new URL('../docs/configuration.md', import.meta.url), await configurationReference());
await writeFile(new URL('../deployments/kms/config/realms.schema.json', import.meta.url), JSON.stringify(realmsJsonSchema(), null, 2));
for (const name of ['write-an-app.md', 'services.md', 'clients.md', 'testing.md']) {
  const page = new URL(`../docs/${name}`, import.meta.url);
  await writeFile(page, await withSamples(await readFile(page, 'utf8'), page));
}
const drills = new URL('../docs/drills.md', import.meta.url);
await writeFile(drills, withDrillsTable(await readFile(drills, 'utf8')));
const libraries = new URL('../docs/interoperability.md', import.meta.url);
await writeFile(libraries, withLibraryTables(await readFile(libraries, 'utf8')));
const performancePage = new URL('../docs/performance.md', import.meta.url);
await writeFile(performancePage, withPerformanceTables(await readFile(performancePage, 'utf8'), await performanceFigures()));

await writeFile(new URL('../src/stack/snapshot/known-schemas.gen.ts', import.meta.url), knownSchemasSource());

await writeFile(new URL('../src/infra/evidence/verify.mjs', import.meta.url), await verifierSource());

await using house = await kmsHouse();
await using kms = await runKms(house, { demo: false });
const document = (await kms.send('/openapi.json')).json<OpenApiDocument & DescribedScopes>();
await writeFile(new URL('../src/client/kms/operations.gen.ts', import.meta.url), kmsOperationsSource(document));
await writeFile(new URL('../docs/authorization.md', import.meta.url), authorizationPage(document));

await using identity = await startTestIdentity({ overlay: { registration: { enabled: true } } });
await writeFile(
  new URL('identity-admin.openapi.json', folder),
  `${JSON.stringify(await (await identity.admin('/openapi.json')).json(), null, 2)}\n`,
);
