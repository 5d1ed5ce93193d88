#!/usr/bin/env node
/**
 * Fastify looks at a header of a request by its schema only where a validator compiler of one's own does not come in between.
 *
 * Guess:   a schema for headers is about headers, whose names have no case (RFC 9110 section 5.1): `Idempotency-Key` in a schema is checked,
 *          whichever compiler turns the schema into a function.
 * Is:      Node gives header names in lower case. Fastify lowers the names in a schema for its own compiler, and leaves them as they are for
 *          one that was set by `setValidatorCompiler` or came by `schemaController.compilersFactory`, also where that is the same Ajv with
 *          the same options. A property `Idempotency-Key` is then never there: `required` refuses every request, and without `required`
 *          nothing is checked and nobody is told.
 * Version: fastify 5.12.8, ajv 8.20.0.
 * Source:  fastify, docs/Reference/Validation-and-Serialization.md, "Header name case": "Fastify normalizes header names in a `headers` schema
 *          to lowercase before compilation", with regular expressions as the one exception.
 * Who:     services that set a compiler of their own, to share one Ajv, to compile later or to take another validator, and check headers by
 *          schema: idempotency keys, request ids, API versions. What works: lower-case names in schemas for headers.
 *
 *   node findings/fastify-header-schema-case.mjs
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folder = mkdtempSync(join(tmpdir(), 'fastify-headers-'));
try {
  const packages = ['fastify@5.12.8', 'ajv@8.20.0'];
  execFileSync('npm', ['install', '--silent', '--no-audit', '--no-fund', '--prefix', folder, ...packages], { stdio: 'inherit' });
  const load = createRequire(join(folder, 'package.json'));
  const fastify = load('fastify');
  const Ajv = load('ajv').default;
  console.log(`fastify 5.12.8, ajv 8.20.0, Node ${process.version}`);

  /** The status of a request whose header is shorter than its schema wants. */
  const statusOf = async (name, withOwnCompiler) => {
    const app = fastify();
    // The options that Fastify gives its own Ajv.
    const ajv = new Ajv({ coerceTypes: 'array', useDefaults: true, removeAdditional: true, allErrors: false });
    if (withOwnCompiler) app.setValidatorCompiler(({ schema }) => ajv.compile(schema));
    const headers = { type: 'object', properties: { [name]: { type: 'string', minLength: 8 } } };
    app.post('/', { schema: { headers } }, async () => 'taken');
    const { statusCode } = await app.inject({ method: 'POST', url: '/', headers: { 'idempotency-key': 'short' } });
    await app.close();
    return statusCode;
  };

  const seen = {};
  for (const name of ['Idempotency-Key', 'idempotency-key'])
    for (const own of [false, true]) seen[`${name}, ${own ? 'compiler of our own' : "Fastify's compiler"}`] = await statusOf(name, own);
  for (const [what, status] of Object.entries(seen)) console.log(`${what}: ${status}`);

  const expected = [400, 200, 400, 400];
  if (JSON.stringify(Object.values(seen)) !== JSON.stringify(expected)) {
    console.error('changed: this finding does not hold any more');
    process.exitCode = 1;
  } else console.log('as found: with a compiler of our own the schema of `Idempotency-Key` checks nothing');
} finally {
  rmSync(folder, { recursive: true, force: true });
}
