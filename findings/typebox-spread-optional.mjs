#!/usr/bin/env node
/**
 * Spreading an optional schema of TypeBox makes its member required, while TypeScript goes on to say that it may be left out.
 *
 * Guess:   `Type.Object({ note: { ...Note, description: '…' } })` describes `Note` once more with another description: a schema is a plain
 *          object of JSON Schema, and what the compiler says of the result (`note?: string`) is what the validator takes.
 * Is:      that a schema is optional stands in a hidden member (`~optional`, not enumerable), which neither `{ ...schema }` nor
 *          `Object.assign` nor `structuredClone` takes along. The member is then among those that are `required`; the type keeps the mark,
 *          so everything compiles, and a body that is right by its type is refused. A spread object schema keeps its own optional members,
 *          because theirs is written down in `required` already. @sinclair/typebox 0.34 kept the mark in a spread.
 * Version: typebox 1.4.3, TypeScript 5.9.3; @sinclair/typebox 0.34.41.
 * Source:  typebox, build/system/memory/create.mjs and build/type/types/properties.mjs; `enumerableKind` of its settings, which shows the
 *          member in documents of OpenAPI, too. Its readme does not speak of spreading.
 * Who:     whoever describes requests by TypeBox, in Fastify or elsewhere, gives one schema another description or example where it is used,
 *          and moves from 0.34 to 1. What works: `Type.Optional({ ...Note, description: '…' })` once more.
 *
 *   node findings/typebox-spread-optional.mjs     needs Node 20.19 or newer, for `require` of ES modules
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

// Compiles only where the type of `{ ...Note }` is optional and that of a plain text is not.
const PROGRAM = `
import Type, { type Static } from 'typebox';
const Note = Type.Optional(Type.String());
const Spread = Type.Object({ note: { ...Note, description: 'a note' } });
const Plain = Type.Object({ note: Type.String() });
export const taken: Static<typeof Spread> = {};
// @ts-expect-error
export const refused: Static<typeof Plain> = {};
`;

/** Whether an object without the member is right, for each way to get a schema from an optional one. */
const seenIn = ({ Type, check }) => {
  const note = Type.Optional(Type.String());
  const ways = {
    'as it is': note,
    'spread, described': { ...note, description: 'a note' },
    structuredClone: structuredClone(note),
    'Type.Optional of the spread': Type.Optional({ ...note, description: 'a note' }),
  };
  return Object.entries(ways).map(([way, schema]) => [way, check(Type.Object({ note: schema }))]);
};

const folder = mkdtempSync(join(tmpdir(), 'typebox-'));
try {
  const packages = ['typebox@1.4.3', '@sinclair/typebox@0.34.41', 'typescript@5.9.3'];
  execFileSync('npm', ['install', '--silent', '--no-audit', '--no-fund', '--prefix', folder, ...packages], { stdio: 'inherit' });
  const load = createRequire(join(folder, 'package.json'));
  console.log(`${packages.join(', ')}, Node ${process.version}`);

  writeFileSync(join(folder, 'types.mts'), PROGRAM);
  const options = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2022', '--skipLibCheck'];
  execFileSync(process.execPath, [load.resolve('typescript/bin/tsc'), ...options, 'types.mts'], { cwd: folder, stdio: 'inherit' });
  console.log('TypeScript: note of the spread schema may be left out');

  const { Value } = load('typebox/value');
  const now = seenIn({ Type: load('typebox').Type, check: (schema) => Value.Check(schema, {}) });
  for (const [way, isRight] of now) console.log(`typebox 1.4.3, ${way}: {} is ${isRight ? 'right' : 'refused'}`);

  const before = load('@sinclair/typebox').Type;
  const { required = [] } = before.Object({ note: { ...before.Optional(before.String()), description: 'a note' } });
  console.log(`@sinclair/typebox 0.34.41, spread, described: required ${JSON.stringify(required)}`);

  const isAsFound = JSON.stringify(now.map(([, isRight]) => isRight)) === '[true,false,false,true]' && required.length === 0;
  console.log(isAsFound ? 'As found.' : 'This has changed: look at the head of this file.');
  process.exitCode = isAsFound ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
