import { randomUUIDv7 } from 'node:crypto';
import { Validator } from '@seriousme/openapi-schema-validator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { basic, type KmsHouse, kmsHouse, type RunningKms, runKms } from '#test/kms/support/kms-server.ts';

interface Content {
  readonly content?: Readonly<Record<string, unknown>>;
}
interface Operation {
  readonly operationId?: string;
  readonly security?: readonly unknown[];
  readonly requestBody?: Content;
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
  readonly responses: Readonly<Record<string, Content>>;
}
interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Readonly<Record<string, unknown>>>> };
}

const BASE = '/service/api/v1/elastic-keys';
const JSON_TYPE = { 'content-type': 'application/json' };
const PROBLEM = 'application/problem+json';

let house: KmsHouse;
let kms: RunningKms;
let document: Document;

beforeAll(async () => {
  house = await kmsHouse();
  kms = await runKms(house);
  document = (await kms.send('/openapi.json')).json<Document>();
});
afterAll(async () => {
  await kms[Symbol.asyncDispose]();
  await house[Symbol.asyncDispose]();
});

const operations = (): readonly (readonly [string, string, Operation])[] =>
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, each]) => [method, path, each] as const),
  );

/** Method and path of every route, from the tree that the router prints; HEAD goes with GET. */
const served = (): string[] => {
  const above: string[] = [];
  return kms.kms.app
    .printRoutes({ commonPrefix: false })
    .split('\n')
    .flatMap((line) => {
      const [, indent = '', part = '', methods = ''] = /^(.*)[├└]── (\S+)(?: \((.*)\))?$/.exec(line) ?? [];
      const depth = indent.length / 4;
      above.splice(depth, Infinity, part);
      const path = above.join('').replaceAll(/:(\w+)/g, '{$1}');
      if (path === '/' || ['/openapi.json', '/.well-known/', '/ui/', '/assets/'].some((page) => path.startsWith(page))) return [];
      return methods.split(', ').flatMap((method) => (method === '' || method === 'HEAD' ? [] : [`${method} ${path}`]));
    });
};

/** All that stands under a keyword, wherever it is. */
const under = (keyword: string, value: unknown): unknown[] => {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, each]) => [...(name === keyword ? [each] : []), ...under(keyword, each)]);
};
const valuesOf = (keyword: string, value: unknown): string[] => under(keyword, value).filter((each) => typeof each === 'string');

const admin = basic('demo-admin', 'demo-admin-password');
const typeOf = (headers: Readonly<Record<string, string>>): string => (headers['content-type'] ?? '').split(';')[0] ?? '';

describe('The OpenAPI document of the KMS', () => {
  it('is OpenAPI 3.1 by the schema of the specification', async () => {
    const result = await new Validator().validate(structuredClone(document) as unknown as Record<string, unknown>);
    expect(result.errors ?? []).toEqual([]);
    expect(result.valid).toBe(true);
  });

  it('has patterns that every validator reads: no look-around, no classes of Unicode, no back references', () => {
    const patterns = valuesOf('pattern', document);
    expect(patterns.length).toBeGreaterThan(5);
    for (const pattern of patterns) {
      expect(pattern).not.toMatch(/\(\?[=!<]|\\[pPkbBdDwWsSu1-9]|\\c/);
      expect(() => new RegExp(pattern)).not.toThrow();
      expect(() => new RegExp(pattern, 'u')).not.toThrow();
    }
  });

  it('has a name for every body of a request and of an answer, and for every object in one, so that clients have types', () => {
    const schemaOf = (content: Content['content'] = {}) => Object.values(content).map((media) => (media as { schema?: unknown }).schema);
    for (const [method, path, { requestBody, responses }] of operations()) {
      const bodies = [requestBody, ...Object.values(responses)].flatMap((part) => schemaOf(part?.content));
      for (const schema of bodies) expect(Object.keys(Object(schema) as object), `${method} ${path}`).toEqual(['$ref']);
    }
    const { schemas } = document.components;
    for (const name of [
      'ElasticKey',
      'ElasticKeyPage',
      'MaterialKey',
      'PublicJwk',
      'JwkSet',
      'Algorithm',
      'Problem',
      'EncryptRequest',
      'SignRawResponse',
    ])
      expect(Object.keys(schemas)).toContain(name);
    for (const [name, { properties, ...rest }] of Object.entries(schemas))
      expect(under('properties', [properties, rest]), `give each object in ${name} a title`).toEqual([]);
    for (const reference of valuesOf('$ref', document))
      expect(Object.keys(schemas)).toContain(reference.replace('#/components/schemas/', ''));
  });

  it('says each status that an error may have, and no range of them', () => {
    const statusesOf = (method: string, path: string) => Object.keys(document.paths[path]?.[method]?.responses ?? {});
    for (const [, path, { responses }] of operations())
      expect(
        Object.keys(responses).filter((status) => !/^\d{3}$/.test(status)),
        path,
      ).toEqual([]);
    expect(statusesOf('post', BASE)).toEqual(['201', '400', '401', '403', '409', '413', '415', '422', '429', '500', '503']);
    expect(statusesOf('patch', `${BASE}/{id}`)).toEqual([
      '200',
      '400',
      '401',
      '403',
      '404',
      '409',
      '412',
      '413',
      '415',
      '422',
      '429',
      '500',
      '503',
    ]);
    expect(statusesOf('get', `${BASE}/{id}`)).toEqual(['200', '304', '400', '401', '403', '404', '429', '500', '503']);
    expect(statusesOf('post', `${BASE}/{id}/encrypt`)).toEqual([
      '200',
      '400',
      '401',
      '403',
      '404',
      '409',
      '413',
      '415',
      '429',
      '500',
      '503',
    ]);
  });

  it('says Problem Details, and nothing else, for every error of every operation', () => {
    for (const [method, path, { responses }] of operations().filter(([, each]) => each !== '/livez')) {
      const errors = Object.entries(responses).filter(([status]) => /^[45]/.test(status));
      expect(errors.length, `${method} ${path}`).toBeGreaterThan(0);
      for (const [, { content }] of errors) expect(Object.keys(content ?? {}), `${method} ${path}`).toEqual([PROBLEM]);
    }
  });

  it('has each path with the methods that the server has there, and no others', async () => {
    const headers = { ...admin };
    const withoutHead = ['/service/api/v1/elastic-keys/{id}/import-parameters'];
    for (const [path, methods] of Object.entries(document.paths)) {
      const target = path.replace('{id}', randomUUIDv7()).replace('{kid}', randomUUIDv7());
      const answer = await kms.send(target, { method: 'OPTIONS', headers });
      const documented = Object.keys(methods).map((method) => method.toUpperCase());
      const head = documented.includes('GET') && !withoutHead.includes(path) ? ['HEAD'] : [];
      expect(answer.headers['allow'], path).toBe([...documented, ...head].toSorted().join(', '));
    }
  });

  it('has every route of the server, but for itself, the metadata of the resource and pages for people', () => {
    const documented = operations().map(([method, path]) => `${method.toUpperCase()} ${path}`);
    expect(served().toSorted()).toEqual(documented.toSorted());
    const ids = operations().map(([, path, { operationId }]) => operationId ?? `${path} has no operationId`);
    for (const id of ids) expect(id).toMatch(/^[a-z][A-Za-z]+$/);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.length).toBeGreaterThan(15);
  });

  it('tells the media type of each body, and the server takes no other', async () => {
    const made = await kms.send(BASE, {
      method: 'POST',
      headers: admin,
      body: { name: `key-${randomUUIDv7()}`, algorithm: 'A256GCM/A256KW' },
    });
    const { id } = made.json<{ id: string }>();
    for (const [method, path, { requestBody }] of operations().filter(([each]) => each === 'post' || each === 'patch')) {
      const target = path.replace('{id}', id).replace(/\{(kid|api_key_id)\}/, randomUUIDv7());
      const send = (type: string, body: string) =>
        kms.send(target, { method: method.toUpperCase(), headers: { ...admin, 'content-type': type }, body });
      expect(Object.keys(requestBody?.content ?? { 'application/json': null }), path).toEqual(['application/json']);
      const [other, unknown] = [await send('text/plain', '{}'), await send('application/json', '{"no-such-member":1}')];
      expect([other.status, typeOf(other.headers)], path).toEqual([415, PROBLEM]);
      expect([unknown.status, typeOf(unknown.headers)], path).toEqual([400, PROBLEM]);
      expect(unknown.text, path).toContain('/no-such-member');
    }
  });

  it('wants no credential where the server wants none, and one elsewhere', async () => {
    for (const [method, path, { security }] of operations()) {
      const target = path.replace('{id}', randomUUIDv7()).replace('{kid}', randomUUIDv7());
      const { status } = await kms.send(target, { method: method.toUpperCase() });
      expect([path, security === undefined ? 401 : 200]).toEqual([path, status]);
    }
  });

  it.each<[number, string, string, Parameters<RunningKms['send']>[1]]>([
    [400, 'post', BASE, { headers: { ...admin, ...JSON_TYPE }, body: '{' }],
    [401, 'get', BASE, {}],
    [403, 'post', BASE, { headers: { ...basic('demo-user', 'demo-user-password') }, body: { name: 'x', algorithm: 'ES256' } }],
    [404, 'get', `${BASE}/{id}`, { headers: admin }],
    [409, 'post', BASE, { headers: admin, body: { name: 'demo-encryption-key', algorithm: 'ES256' } }],
    [415, 'post', BASE, { headers: { ...admin, 'content-type': 'text/plain' }, body: '{}' }],
  ])('says what a real %i is: %s %s', async (status, method, path, request) => {
    const answer = await kms.send(path.replace('{id}', randomUUIDv7()), { method: method.toUpperCase(), ...request });
    expect(answer.status).toBe(status);
    const responses = document.paths[path]?.[method]?.responses ?? {};
    const documented = responses[String(status)];
    expect(Object.keys(documented?.content ?? {})).toContain(typeOf(answer.headers));
  });

  it('says what a real success is', async () => {
    const name = `key-${randomUUIDv7()}`;
    const answers = [
      ['post', BASE, await kms.send(BASE, { method: 'POST', headers: admin, body: { name, algorithm: 'ES256' } })],
      ['get', BASE, await kms.send(BASE, { headers: admin })],
      ['get', '/livez', await kms.send('/livez')],
      ['get', '/readyz', await kms.send('/readyz')],
    ] as const;
    for (const [method, path, answer] of answers) {
      const documented = document.paths[path]?.[method]?.responses[String(answer.status)];
      expect(Object.keys(documented?.content ?? {}), `${path} ${answer.status}`).toEqual([typeOf(answer.headers)]);
    }
  });
});
