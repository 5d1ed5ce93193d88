#!/usr/bin/env node
/**
 * Java of openapi-generator does not compile for three constructs that JSON Schema has every day: a set of listed words, a list of one number,
 * and a parameter that is a text or a list of texts.
 *
 * Guess:   a document that is valid OpenAPI 3.1 gives a client that is clumsy at worst; where a construct is beyond the generator it says so.
 * Is:      it generates without a word about them, and javac fails: for `uniqueItems` over an inline `enum` the code of the query string takes
 *          the enum for a String; for `enum: [503]` of type `number` it writes BigDecimal.valueOf(new BigDecimal(…)); for `anyOf` of a text and
 *          a list it makes a class with members named List<String>. With a named enum, an `integer` and a plain list it compiles.
 * Version: openapi-generator-cli 7.25.0, `-g java --library native`.
 * Source:  OpenAPI 3.1.1, schema object; openapi-generator's page of the generator `java`, which lists enums, unions and OpenAPI 3.1 as beta.
 * Who:     whoever publishes an OpenAPI document and tries it with TypeScript and Python alone, where all three work.
 *
 *   node findings/openapi-generator-java-compile.mjs     needs Java 17 and mvn; takes a minute or two
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const VERSION = '7.25.0';
const WORDS = { type: 'string', enum: ['encrypt', 'decrypt'] };
const TEXTS = { type: 'array', items: { type: 'string' } };

/** Each construct as it comes naturally, and as it compiles. */
const CONSTRUCTS = {
  words: { natural: WORDS, rewritten: { $ref: '#/components/schemas/Word' } },
  status: { natural: { type: 'number', enum: [503] }, rewritten: { type: 'integer' } },
  label: { natural: { anyOf: [{ type: 'string' }, TEXTS] }, rewritten: TEXTS },
};

/** A document with one construct, or none, as it comes naturally. */
const documentWith = (natural) => {
  const [words, status, label] = Object.entries(CONSTRUCTS).map(([name, each]) => (name === natural ? each.natural : each.rewritten));
  const thing = { type: 'object', properties: { operations: { type: 'array', uniqueItems: true, items: words }, status } };
  const answer = { description: 'one', content: { 'application/json': { schema: { $ref: '#/components/schemas/Thing' } } } };
  return {
    openapi: '3.1.0',
    info: { title: 'things', version: '1' },
    paths: {
      '/things': {
        get: { operationId: 'findThing', parameters: [{ name: 'label', in: 'query', schema: label }], responses: { 200: answer } },
      },
    },
    components: { schemas: { Word: WORDS, Thing: thing } },
  };
};

const folder = mkdtempSync(join(tmpdir(), 'openapi-java-'));
try {
  const jar = `openapi-generator-cli-${VERSION}.jar`;
  const artifact = `-Dartifact=org.openapitools:openapi-generator-cli:${VERSION}`;
  execFileSync('mvn', ['-q', '-B', 'dependency:copy', artifact, `-DoutputDirectory=${folder}`], { cwd: folder, stdio: 'ignore' });

  /** Files that javac refuses in the client of a document, and what the generator warned of. */
  const tried = (name) => {
    const cwd = join(folder, name);
    mkdirSync(cwd);
    writeFileSync(join(cwd, 'openapi.json'), JSON.stringify(documentWith(name)));
    const generate = ['-jar', join(folder, jar), 'generate', '-i', 'openapi.json', '-g', 'java', '--library', 'native', '-o', 'client'];
    const { stdout, stderr, status } = spawnSync('java', generate, { cwd, encoding: 'utf8' });
    if (status !== 0) throw new Error(`the generator failed: ${stderr}`);
    const warned = `${stdout}${stderr}`.split('\n').filter((line) => /WARN|ERROR/.test(line) && !line.includes('OpenAPI 3.1 support'));
    const compile = ['-q', '-B', '-Dmaven.test.skip=true', 'compile'];
    const compiled = spawnSync('mvn', compile, { cwd: join(cwd, 'client'), encoding: 'utf8' });
    const said = `${compiled.stdout}${compiled.stderr}`;
    const files = [...new Set([...said.matchAll(/(\w+\.java):\[/g)].map(([, file]) => file))].toSorted();
    return { compiles: compiled.status === 0, files, warned };
  };

  console.log(`openapi-generator-cli ${VERSION}`);
  const seen = Object.fromEntries(['nothing', ...Object.keys(CONSTRUCTS)].map((name) => [name, tried(name)]));
  for (const [name, each] of Object.entries(seen)) console.log(`natural: ${name}`, each);
  const { nothing, ...natural } = seen;
  const isAsFound =
    nothing.compiles &&
    Object.values(natural).every(({ compiles, files, warned }) => !compiles && files.length === 1 && warned.length === 0);
  console.log(isAsFound ? 'As found.' : 'This has changed: look at the head of this file.');
  process.exitCode = isAsFound ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
