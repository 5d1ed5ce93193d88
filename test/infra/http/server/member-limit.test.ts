import { Type } from 'typebox';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { strictObject } from '#infra/config/schema.ts';
import type { App } from '#infra/http/server.ts';
import { createServer } from '#infra/http/server/create-server.ts';
import { noTelemetry } from '#infra/telemetry/no-telemetry.ts';
import { makePki, type Pki } from '#test/support/pki.ts';

const MIB = 1024 * 1024;
const ITEM = strictObject({ name: Type.Optional(Type.String()) });
const BODY = strictObject({ name: Type.Optional(Type.String()), items: Type.Optional(Type.Array(ITEM)) });

let pki: Pki;
let app: App;
/** Errors of the validation of each refused request, as Ajv made them. */
const ajvErrors: number[] = [];

beforeAll(async () => {
  pki = await makePki();
  app = await createServer({ name: 'test', tls: pki.server, clientCertificate: 'none', telemetry: noTelemetry(), bodyLimit: 2 * MIB });
  app.addHook('onError', async (_request, _reply, error) => void ajvErrors.push(error.validation?.length ?? 0));
  app.post('/things', { schema: { body: BODY } }, async ({ body }) => ({ items: body.items?.length ?? 0 }));
  app.get('/things', { schema: { querystring: strictObject({ name: Type.Optional(Type.String()) }) } }, async () => ({}));
});
afterAll(async () => {
  await app.close();
  await pki[Symbol.asyncDispose]();
});

interface Refusal {
  readonly code: string;
  readonly errors: readonly { readonly field: string; readonly message: string; readonly fix?: string }[];
}

const post = async (text: string) => {
  ajvErrors.length = 0;
  const headers = { 'content-type': 'application/json', host: 'localhost' };
  const answer = await app.inject({ method: 'POST', url: '/things', headers, payload: text });
  return { status: answer.statusCode, size: answer.payload.length, errors: answer.json<Refusal>().errors, answer };
};

/** Members `"a1":0`, so many that the text has nearly so many bytes. */
const unknownMembers = (bytes: number): string => {
  const members: string[] = [];
  for (let size = 2; size < bytes - 12; size += (members.at(-1) ?? '').length + 1) members.push(`"a${members.length.toString(36)}":0`);
  return members.join(',');
};

describe('A request with more fields than any route takes', () => {
  it.each([
    ['2 MiB of unknown keys', () => `{${unknownMembers(2 * MIB)}}`],
    ['2 MiB of wrong elements', () => `{"items":[${'0,'.repeat(MIB - 10)}0]}`],
    ['unknown keys in many objects', () => `{"items":[${`{${unknownMembers(4_000)}},`.repeat(400)}{}]}`],
  ])('is refused before its schema makes an error of each: %s', async (_, text) => {
    const { status, size, errors } = await post(text());
    expect(status).toBe(400);
    expect(errors).toEqual([expect.objectContaining({ field: '/', message: 'has more than 1000 members and elements' })]);
    expect(size).toBeLessThan(64 * 1024);
    expect(ajvErrors).toEqual([0]);
  });

  it('is refused in the query, too', async () => {
    ajvErrors.length = 0;
    const query = Array.from({ length: 1_200 }, (_, index) => `q${index}`).join('&');
    const answer = await app.inject({ url: `/things?${query}`, headers: { host: 'localhost' } });
    expect([answer.statusCode, answer.json<Refusal>().errors[0]?.field]).toEqual([400, 'query/']);
    expect(ajvErrors).toEqual([0]);
  });
});

describe('A request with wrong fields', () => {
  it('is told the first twenty, and how many more there are', async () => {
    const { status, errors } = await post(JSON.stringify(Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`key${index}`, 0]))));
    expect(status).toBe(400);
    expect(errors).toHaveLength(21);
    expect(errors[0]).toMatchObject({ field: '/key0', message: 'is not a known field' });
    expect(errors[20]).toEqual({ field: '/', message: 'has 30 more errors' });
  });

  it('is told all of them where they are few', async () => {
    const { errors } = await post('{"name":1,"nmae":2,"items":[{"naem":3},{"name":4}]}');
    expect(errors.map(({ field, fix }) => [field, fix])).toEqual([
      ['/nmae', 'Did you mean name?'],
      ['/name', undefined],
      ['/items/0/naem', 'Did you mean name?'],
      ['/items/1/name', undefined],
    ]);
  });

  it('gets a long key back cut, with no guess at what was meant', async () => {
    const { status, size, errors } = await post(`{"${'n'.repeat(2 * MIB - 100)}":1}`);
    expect(status).toBe(400);
    expect(errors).toEqual([{ field: `/${'n'.repeat(64)}…`, message: 'is not a known field', fix: 'Remove it; known here: name, items.' }]);
    expect(size).toBeLessThan(64 * 1024);
  });

  it('that is large but right goes through', async () => {
    const { status, answer } = await post(JSON.stringify({ items: Array.from({ length: 400 }, () => ({ name: 'x'.repeat(2_000) })) }));
    expect([status, answer.json<unknown>()]).toEqual([200, { items: 400 }]);
  });
});
