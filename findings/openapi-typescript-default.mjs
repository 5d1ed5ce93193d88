#!/usr/bin/env node
/**
 * openapi-typescript makes a member that has a default required, in requests too: a body that is valid does not compile.
 *
 * Guess:   `default` says which value is taken where a member is absent (JSON Schema validation section 9.2), so a member that `required` does
 *          not name is optional for whoever sends it. openapi-python-client and openapi-generator make it so.
 * Is:      the type has the member without `?`, as if the body were an answer; adding a default to an optional member of a request breaks
 *          programs that compiled. `--default-non-nullable false` makes it optional, in answers as well.
 * Version: openapi-typescript 7.13.0, TypeScript 5.9.3.
 * Source:  openapi-typescript, page "CLI": "--default-non-nullable: Treat schema objects with default values as non-nullable", on by default.
 * Who:     whoever calls an API with types of this generator, and whoever publishes a document with defaults in bodies of requests.
 *
 *   node findings/openapi-typescript-default.mjs
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const KEY = {
  type: 'object',
  required: ['name'],
  properties: { name: { type: 'string' }, exportable: { type: 'boolean', default: false } },
};
const DOCUMENT = {
  openapi: '3.1.0',
  info: { title: 'keys', version: '1' },
  paths: {
    '/keys': {
      post: {
        operationId: 'createKey',
        requestBody: { required: true, content: { 'application/json': { schema: { $ref: '#/components/schemas/CreateKey' } } } },
        responses: { 201: { description: 'made' } },
      },
    },
  },
  components: { schemas: { CreateKey: KEY } },
};
/** A valid body: the member with a default is absent. */
const PROGRAM = `import type { components } from './api.d.ts';
export const body: components['schemas']['CreateKey'] = { name: 'invoices' };
`;

const folder = mkdtempSync(join(tmpdir(), 'openapi-typescript-'));
try {
  const packages = ['openapi-typescript@7.13.0', 'typescript@5.9.3'];
  execFileSync('npm', ['install', '--silent', '--no-audit', '--no-fund', '--prefix', folder, ...packages], { stdio: 'inherit' });
  writeFileSync(join(folder, 'openapi.json'), JSON.stringify(DOCUMENT));
  writeFileSync(join(folder, 'program.ts'), PROGRAM);
  const bin = (name) => join(folder, 'node_modules', name);

  /** What the compiler says about a valid body. */
  const compiled = (...options) => {
    const cli = bin('openapi-typescript/bin/cli.js');
    execFileSync(process.execPath, [cli, 'openapi.json', ...options, '-o', 'api.d.ts'], { cwd: folder, stdio: 'ignore' });
    const flags = ['--noEmit', '--strict', '--module', 'nodenext', '--allowImportingTsExtensions', 'program.ts'];
    const { stdout } = spawnSync(process.execPath, [bin('typescript/bin/tsc'), ...flags], { cwd: folder, encoding: 'utf8' });
    return stdout.trim() || 'compiles';
  };
  const [usual, flagged] = [compiled(), compiled('--default-non-nullable', 'false')];
  console.log(packages.join(', '));
  console.log(`usual: ${usual}`);
  console.log(`--default-non-nullable false: ${flagged}`);
  const isAsFound = usual.includes("Property 'exportable' is missing") && flagged === 'compiles';
  console.log(isAsFound ? 'As found.' : 'This has changed: look at the head of this file.');
  process.exitCode = isAsFound ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
