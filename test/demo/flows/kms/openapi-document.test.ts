import { describe, expect, it } from 'vitest';
import { faultsOf, routesOf } from '#demo/flows/kms/openapi-document.ts';

const operation = (change: Record<string, unknown> = {}) => ({
  operationId: 'readThing',
  parameters: [{ name: 'id', in: 'path', required: true }],
  responses: { 200: { description: 'the thing' }, '4XX': { description: 'a problem' } },
  ...change,
});
const document = (change: Record<string, unknown> = {}) => ({
  openapi: '3.1.0',
  info: { title: 'things', version: '1' },
  components: { securitySchemes: { basic: { type: 'http', scheme: 'basic' } } },
  security: [{ basic: [] }],
  paths: { '/things/{id}': { get: operation() } },
  ...change,
});

describe('faultsOf', () => {
  it('finds none in a document that is OpenAPI 3.1', () => {
    expect(faultsOf(document())).toEqual([]);
  });

  it.each([
    ['another version', { openapi: '3.0.3' }, 'openapi is 3.0.3'],
    ['no title', { info: { version: '1' } }, 'info has no title'],
    ['no paths', { paths: {} }, 'it has no paths'],
    ['a path without its slash', { paths: { 'things/{id}': { get: operation() } } }, 'GET things/{id} does not begin with /'],
    ['a method that does not exist', { paths: { '/things/{id}': { fetch: operation() } } }, 'FETCH /things/{id}: there is no such method'],
    [
      'a part of the path that no parameter declares',
      { paths: { '/things/{id}': { get: operation({ parameters: [] }) } } },
      'GET /things/{id} does not declare id',
    ],
    [
      'a parameter that is no part of the path',
      { paths: { '/things': { get: operation() } } },
      'GET /things: id is not a required part of the path',
    ],
    ['no responses', { paths: { '/things/{id}': { get: operation({ responses: {} }) } } }, 'GET /things/{id} has no responses'],
    [
      'a response without description',
      { paths: { '/things/{id}': { get: operation({ responses: { 200: {} } }) } } },
      'GET /things/{id}: response 200 is not described',
    ],
    [
      'one id for two operations',
      { paths: { '/things/{id}': { get: operation(), put: operation() } } },
      'two operations are called readThing',
    ],
    ['a security scheme that is not defined', { security: [{ bearer: [] }] }, 'security scheme bearer is not defined'],
    ['a security scheme without type', { components: { securitySchemes: { basic: {} } } }, 'security scheme basic has no type'],
  ])('finds %s', (_, change, fault) => {
    expect(faultsOf(document(change))).toEqual([fault]);
  });

  it.each([null, {}, { paths: { '/': { get: {} } } }])('finds faults in %j', (nothing) => {
    expect(faultsOf(nothing)).not.toEqual([]);
  });
});

describe('routesOf', () => {
  it('names every operation', () => {
    const paths = { '/a': { get: operation(), post: operation() }, '/b/{id}': { patch: operation() } };
    expect(routesOf(document({ paths }))).toEqual([
      { method: 'GET', path: '/a' },
      { method: 'POST', path: '/a' },
      { method: 'PATCH', path: '/b/{id}' },
    ]);
  });
});
