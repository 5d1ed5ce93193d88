import { describe, expect, it } from 'vitest';
import { withErrorStatuses } from '#kms/api/openapi/error-statuses.ts';
import { withNamedSchemas } from '#kms/api/openapi/named-schemas.ts';

interface Made {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, unknown>>>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, unknown>> };
}

const json = (schema: object) => ({ content: { 'application/json': { schema } } });
const documentOf = (operation: object): Made => ({ paths: { '/things/{id}': { post: operation as never } }, components: { schemas: {} } });
const operationIn = ({ paths }: Made) => paths['/things/{id}']?.['post'];

const thing = { type: 'object', title: 'Thing', properties: { id: { type: 'string', title: 'the id' } } };

describe('A schema of the OpenAPI document', () => {
  it('with a name stands among the components once, without its title, wherever it was', () => {
    const list = { type: 'object', properties: { items: { type: 'array', items: thing }, last: { anyOf: [thing, { type: 'null' }] } } };
    const made = withNamedSchemas(documentOf({ operationId: 'listThings', requestBody: json(thing), responses: { 200: json(list) } }));
    const reference = { $ref: '#/components/schemas/Thing' };
    expect(made.components.schemas).toEqual({
      Thing: { type: 'object', properties: { id: { type: 'string', title: 'the id' } } },
      ListThingsResponse: {
        type: 'object',
        properties: { items: { type: 'array', items: reference }, last: { anyOf: [reference, { type: 'null' }] } },
      },
    });
    expect(operationIn(made)).toEqual({
      operationId: 'listThings',
      requestBody: json(reference),
      responses: { 200: json({ $ref: '#/components/schemas/ListThingsResponse' }) },
    });
  });

  it('has no name in common with another one', () => {
    const other = { ...thing, required: ['id'] };
    const operation = { operationId: 'changeThing', requestBody: json(thing), responses: { 200: json(other) } };
    expect(() => withNamedSchemas(documentOf(operation))).toThrow('two schemas are named Thing');
  });
});

describe('The errors of an operation', () => {
  const problem = json({ type: 'object' });
  const statusesOf = (operation: object): string[] => {
    const made = withErrorStatuses(documentOf({ ...operation, responses: { 200: json(thing), '4XX': problem, '5XX': problem } }));
    return Object.keys(Object(operationIn(made)?.['responses']) as object);
  };
  const header = (name: string) => ({ name, in: 'header' });

  it('are those that its body, its path and its headers can bring', () => {
    expect(statusesOf({})).toEqual(['200', '401', '403', '404', '429', '500', '503']);
    expect(statusesOf({ requestBody: problem })).toEqual(['200', '400', '401', '403', '404', '409', '413', '415', '429', '500', '503']);
    const change = { parameters: [header('Idempotency-Key'), header('if-match')] };
    expect(statusesOf(change)).toEqual(['200', '400', '401', '403', '404', '409', '412', '422', '429', '500', '503']);
  });
});
