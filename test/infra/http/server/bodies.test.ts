import { randomUUIDv7 } from 'node:crypto';
import { Type } from 'typebox';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { strictObject } from '#infra/config/schema.ts';
import type { App } from '#infra/http/server.ts';
import { createServer } from '#infra/http/server/create-server.ts';
import { readBodies } from '#infra/http/server/bodies.ts';
import { listen } from '#infra/http/server/listen.ts';
import { noTelemetry } from '#infra/telemetry/no-telemetry.ts';
import { type RawAnswer, rawRequest } from '#test/support/raw-request.ts';
import { makePki, type Pki } from '#test/support/pki.ts';

const anything = Type.Object({}, { additionalProperties: true });
const JSON_TYPE = { 'content-type': 'application/json' };
const FORM_TYPE = { 'content-type': 'application/x-www-form-urlencoded' };

let pki: Pki;
let app: App;
let port: number;

beforeAll(async () => {
  pki = await makePki();
  app = await createServer({ name: 'test', tls: pki.server, clientCertificate: 'none', telemetry: noTelemetry() });
  app.post('/echo', { schema: { body: anything } }, async (request) => request.body ?? null);
  app.post('/nothing', async (request, reply) => reply.code(201).send({ body: request.body ?? null }));
  await app.register(async (scope) => {
    const pages = scope as unknown as App;
    readBodies(pages, { reads: 'application/x-www-form-urlencoded' });
    pages.post(
      '/form',
      { schema: { body: strictObject({ a: Type.String(), b: Type.Optional(Type.String()) }) } },
      async (request) => request.body,
    );
  });
  ({ port } = await listen(app, { host: '127.0.0.1', port: 0 }));
});
afterAll(async () => {
  await app.close();
  await pki[Symbol.asyncDispose]();
});

const post = (path: string, headers: Readonly<Record<string, string>>, body: string | Buffer): Promise<RawAnswer> =>
  rawRequest({ port, ca: pki.ca }, { method: 'POST', path, headers, body: typeof body === 'string' ? Buffer.from(body) : body });

const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1');

describe('A JSON body', () => {
  it.each([
    ['a byte that no UTF-8 has', latin1('{"context":"a\xff"}')],
    ['bytes that no UTF-8 has', latin1('{"context":"\xff\xfe"}')],
    ['an overlong form', latin1('{"context":"\xc0\xaf"}')],
    ['continuation bytes alone', latin1('{"context":"\x80\x81"}')],
    ['Latin-1', latin1('{"description":"Caf\xe9"}')],
    ['a surrogate in UTF-8', latin1('{"context":"\xed\xa0\x80"}')],
    ['a character that is cut off', latin1('{"context":"\xe2\x82')],
    ['UTF-16 with its mark', Buffer.from('\ufeff{"context":"a"}', 'utf16le')],
    ['a name that is not UTF-8', latin1('{"\xff":1}')],
  ])('with %s is refused', async (_, body) => {
    const answer = await post('/echo', JSON_TYPE, body);
    expect([answer.status, answer.type, answer.json.code]).toEqual([400, 'application/problem+json', 'body-not-utf8']);
    expect(answer.json.fix).toMatch(/\w/);
  });

  it.each([
    ['of several alphabets', JSON.stringify({ context: `Grüße, 鍵 🔑 \ufffd ${randomUUIDv7()}` })],
    ['with escapes', '{"context":"\\ud83d\\udd11 \\u0041 \\" \\\\"}'],
    ['with a byte order mark before it', `\ufeff{"context":"a"}`],
    ['whose values look like members', '{"a":"\\"b\\":1","c":["a","a:",{"a":":"}],"d":{"a":1}, "e" : "\\\\" }'],
  ])('%s is read as it stands', async (_, body) => {
    const answer = await post('/echo', JSON_TYPE, body);
    expect(answer.status).toBe(200);
    expect(answer.json).toEqual(JSON.parse(body.replace('\ufeff', '')));
  });

  it.each([
    ['a', '{"a":1,"a":2}', '/a'],
    ['equal values', '{"a":1,"a":1}', '/a'],
    ['an escaped name', '{"a":1,"\\u0061":2}', '/a'],
    ['white space before the colon', '{"a" :1,"b":2,"a"\n:2}', '/a'],
    ['a nested object', '{"list":[{"x":1},{"x":1,"y":{"z":1,"z":2}}]}', '/list/1/y/z'],
    ['an object that a later one replaces', '{"o":{"a":1,"b":2},"o":{}}', '/o'],
    ['a name with a slash', '{"a/b~":1,"a/b~":2}', '/a~1b~0'],
    ['text with quotes and braces', '{"a":"},{\\"b\\":\\\\","b":1,"b":"]"}', '/b'],
  ])('that has a member twice is refused, and the member named: %s', async (_, body, field) => {
    const answer = await post('/echo', JSON_TYPE, body);
    expect([answer.status, answer.json.code]).toEqual([400, 'member-repeated']);
    expect(answer.json.errors).toMatchObject([{ field }]);
  });

  it.each([
    ['a value', '{"context":"\\ud800"}', '/context'],
    ['a value within a list', '{"list":["a",{"x":"\\uDFFF"}]}', '/list/1/x'],
    ['a name', '{"\\udc00":1}', '/\ufffd'],
  ])('with a lone surrogate in %s is refused, and the member named', async (_, body, field) => {
    const answer = await post('/echo', JSON_TYPE, body);
    expect([answer.status, answer.json.code]).toEqual([400, 'text-not-unicode']);
    expect(answer.json.errors).toMatchObject([{ field }]);
  });

  it.each([
    ['text/plain', { 'content-type': 'text/plain' }, 'header/content-type'],
    ['no media type', {}, 'header/content-type'],
    ['a form', FORM_TYPE, 'header/content-type'],
    ['a media type that only begins alike', { 'content-type': 'application/json-patch+json' }, 'header/content-type'],
    ['Latin-1', { 'content-type': 'application/json; charset=iso-8859-1' }, 'header/content-type'],
    ['UTF-16', { 'content-type': 'application/json;charset="utf-16"' }, 'header/content-type'],
    ['gzip', { ...JSON_TYPE, 'content-encoding': 'gzip' }, 'header/content-encoding'],
    ['several codings', { ...JSON_TYPE, 'content-encoding': 'identity, br' }, 'header/content-encoding'],
  ])('that says it is %s is refused with 415', async (_, headers, field) => {
    const answer = await post('/echo', headers, '{"a":1}');
    expect([answer.status, answer.json.code]).toEqual([415, 'unsupported-media-type']);
    expect(answer.json.errors).toMatchObject([{ field }]);
    expect(answer.headers[field === 'header/content-type' ? 'accept' : 'accept-encoding']).toBe(
      field === 'header/content-type' ? 'application/json' : 'identity',
    );
  });

  it.each([
    'application/json; charset=utf-8',
    'application/json;charset=UTF-8',
    'Application/JSON; Charset="utf-8"',
    'application/json; profile="x"',
  ])('of the type %s is taken', async (type) => {
    expect((await post('/echo', { 'content-type': type, 'content-encoding': 'identity' }, '{"a":1}')).json).toEqual({ a: 1 });
  });
});

describe('A route without a body', () => {
  it.each([
    ['without a header about it', {}, ''],
    ['with the type of JSON', JSON_TYPE, ''],
    ['with the type of a form', FORM_TYPE, ''],
    ['with an empty object', JSON_TYPE, ' {} '],
  ])('takes a request %s', async (_, headers, body) => {
    expect((await post('/nothing', headers, body)).status).toBe(201);
  });

  it('takes a chunked body of no chunks', async () => {
    const headers = { ...JSON_TYPE, 'transfer-encoding': 'chunked' };
    expect(
      (await rawRequest({ port, ca: pki.ca }, { method: 'POST', path: '/nothing', headers, body: Buffer.from('0\r\n\r\n') })).status,
    ).toBe(201);
  });

  it.each([
    ['members', '{"versoin":2,"x":1}', ['/versoin', '/x']],
    ['a list', '[]', ['/']],
    ['null', 'null', ['/']],
    ['a text', '"a"', ['/']],
  ])('refuses %s, by name', async (_, body, fields) => {
    const answer = await post('/nothing', JSON_TYPE, body);
    expect([answer.status, answer.json.code]).toEqual([400, 'request-invalid']);
    expect((answer.json.errors as { field: string }[]).map(({ field }) => field)).toEqual(fields);
  });

  it.each([
    [JSON_TYPE, ''],
    [{}, ''],
    [FORM_TYPE, ''],
  ])('is another thing than a route that needs one, which refuses none: %j', async (headers, body) => {
    const answer = await post('/echo', headers, body);
    expect([answer.status, answer.json.code]).toEqual([400, 'body-missing']);
  });
});

describe('A form', () => {
  it('is read with its percent-encodings, plus signs and characters', async () => {
    expect((await post('/form', FORM_TYPE, 'a=%C3%A9+%2B&b=é')).json).toEqual({ a: 'é +', b: 'é' });
    expect((await post('/form', { 'content-type': 'application/x-www-form-urlencoded; charset=UTF-8' }, 'a=')).json).toEqual({ a: '' });
  });

  it.each([
    ['bytes that are not UTF-8', latin1('a=\xff'), 400, 'body-not-utf8'],
    ['a percent-encoding that is not UTF-8', 'a=%FF', 400, 'form-not-utf8'],
    ['an overlong percent-encoding', 'a=%C0%AF', 400, 'form-not-utf8'],
    ['a broken percent-encoding', 'a=100%', 400, 'form-not-utf8'],
    ['a name that is not UTF-8', '%FE=1&a=1', 400, 'form-not-utf8'],
    ['a field twice', 'a=1&a=1', 400, 'field-repeated'],
    ['an unknown field', 'a=1&c=1', 400, 'request-invalid'],
    ['a field of an own name', 'a=1&__proto__=1', 400, 'request-invalid'],
    ['too many fields', `a=1${'&b'.repeat(1_001)}`, 400, 'request-invalid'],
  ])('with %s is refused', async (_, body, status, code) => {
    const answer = await post('/form', FORM_TYPE, body);
    expect([answer.status, answer.json.code]).toEqual([status, code]);
    expect(answer.json.errors ?? answer.json.fix).toBeDefined();
  });

  it.each([
    { 'content-type': 'application/x-www-form-urlencoded; charset=windows-1252' },
    { 'content-type': 'multipart/form-data; boundary=x' },
    JSON_TYPE,
    { ...FORM_TYPE, 'content-encoding': 'deflate' },
  ])('of another type, charset or coding is refused: %j', async (headers) => {
    const answer = await post('/form', headers, 'a=1');
    expect([answer.status, answer.json.code]).toEqual([415, 'unsupported-media-type']);
  });
});
