import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { kmsHouse, runKms } from '#test/kms/support/kms-server.ts';
import { kmsOperationsSource, type OpenApiDocument } from '../../../build/kms-operations.ts';

const ROOT = join(import.meta.dirname, '../../..');
const FILE = 'src/client/kms/operations.gen.ts';

it('The operations that the client knows are those of the KMS; `npm run generate` writes them anew', async () => {
  await using house = await kmsHouse();
  await using running = await runKms(house, { demo: false });
  const source = kmsOperationsSource((await running.send('/openapi.json')).json<OpenApiDocument>());
  const format = [join(ROOT, 'node_modules/oxfmt/bin/oxfmt'), '--stdin-filepath', FILE];
  const formatted = execFileSync(process.execPath, format, { cwd: ROOT, input: source, encoding: 'utf8' });
  expect(await readFile(join(ROOT, FILE), 'utf8')).toBe(formatted);
});

const operation = (change: Record<string, unknown> = {}) => ({
  operationId: 'fetch',
  responses: { '200': { content: { 'application/json': { schema: { type: 'object', properties: { a: { type: 'string' } } } } } } },
  ...change,
});
const sourceOf = (given: unknown) => kmsOperationsSource({ paths: { '/service/api/v1/things/{id}': { get: given } } } as OpenApiDocument);

it('A member with a default may be left out of a request, and stands in an answer', () => {
  const schema = { type: 'object', properties: { bits: { type: 'integer', default: 256 } }, required: ['bits'] };
  const content = { content: { 'application/json': { schema } } };
  const source = sourceOf(operation({ requestBody: content, responses: { '200': content } }));
  expect(source).toContain('"body":{"type":"object","properties":{"bits":{"type":"integer"}}}');
  expect(source).toContain('"answer":{"type":"object","properties":{"bits":{"type":"integer"}},"required":["bits"]}');
});

it('A member keeps its name, also where it is called like a keyword of JSON Schema', () => {
  const schema = { type: 'object', properties: { default: { type: 'string', minLength: 1 }, examples: { type: 'string' } } };
  const source = sourceOf(operation({ responses: { '200': { content: { 'application/json': { schema } } } } }));
  expect(source).toContain('"properties":{"default":{"type":"string"},"examples":{"type":"string"}}');
});

it.each([
  ['no name', { operationId: undefined }],
  ['no success', { responses: { '4XX': {} } }],
])('An operation with %s is a mistake in the document', (_, change) => {
  expect(() => sourceOf(operation(change))).toThrow('get /service/api/v1/things/{id} has no name or no success');
});

describe('A schema that the document names', () => {
  const content = (name: string) => ({ content: { 'application/json': { schema: { $ref: `#/components/schemas/${name}` } } } });
  const documentOf = (schemas: object, of: string) =>
    ({
      components: { schemas },
      paths: { '/service/api/v1/things': { post: operation({ requestBody: content(of), responses: { '201': content(of) } }) } },
    }) as unknown as OpenApiDocument;

  it('stands once among those of requests and once among those of answers, each as it is there, with what it refers to', () => {
    const Thing = {
      type: 'object',
      properties: { bits: { type: 'integer', default: 8 }, of: { $ref: '#/components/schemas/Kind' } },
      required: ['bits'],
    };
    const source = kmsOperationsSource(documentOf({ Thing, Kind: { type: 'string' }, Unused: {} }, 'Thing'));
    expect(source).toContain(`"body":KmsSent['Thing'],"answer":KmsTold['Thing']`);
    expect(source).toContain(`Thing: {"type":"object","properties":{"bits":{"type":"integer"},"of":KmsSent['Kind']}},`);
    expect(source).toContain(`"of":KmsTold['Kind']},"required":["bits"]},`);
    expect(source.match(/Kind: \{"type":"string"\},/g)).toHaveLength(2);
    expect(source).not.toContain('Unused');
  });

  it('and that is not there is a mistake in the document', () => {
    expect(() => kmsOperationsSource(documentOf({}, 'Thing'))).toThrow('#/components/schemas/Thing is not there');
  });
});
