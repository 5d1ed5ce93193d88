import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type KmsHouse, kmsHouse, type RunningKms, runKms } from '#test/kms/support/kms-server.ts';

/** A JSON Schema as far as generators of clients were seen to stumble over it. */
interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly items?: Schema;
  readonly uniqueItems?: boolean;
  readonly anyOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly enum?: readonly unknown[];
}
interface Operation {
  readonly operationId?: string;
  readonly parameters?: readonly { readonly name: string; readonly schema: Schema }[];
}
interface Document {
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

let house: KmsHouse;
let kms: RunningKms;
let document: Document;

beforeAll(async () => {
  house = await kmsHouse();
  kms = await runKms(house, { demo: false });
  document = (await kms.send('/openapi.json')).json<Document>();
});
afterAll(async () => {
  await kms[Symbol.asyncDispose]();
  await house[Symbol.asyncDispose]();
});

const operations = (): readonly Operation[] => Object.values(document.paths).flatMap((item) => Object.values(item));

/** Every object below a value, with its path: schemas are among them. */
const objectsIn = (value: unknown, path: string): readonly (readonly [string, Schema])[] => {
  if (typeof value !== 'object' || value === null) return [];
  const inside = Object.entries(value).flatMap(([name, each]) => objectsIn(each, `${path}/${name}`));
  return [[path, value as Schema] as const, ...inside];
};
const everySchema = () => objectsIn(document, '#');

describe('For generated clients the OpenAPI document of the KMS', () => {
  it('names every operation as a method may be called', () => {
    const names = operations().map(({ operationId = '' }) => operationId);
    expect(names.filter((name) => !/^[a-z][A-Za-z]+$/.test(name))).toEqual([]);
    expect(names.length).toBeGreaterThan(20);
  });

  it('has names of types that stay apart as names of files and in Go', () => {
    const names = Object.keys(document.components.schemas);
    expect(names.filter((name) => !/^[A-Z][A-Za-z0-9]+$/.test(name))).toEqual([]);
    expect(new Set(names.map((name) => name.toLowerCase())).size).toBe(names.length);
    // openapi-generator makes a function NewX for each type X.
    expect(names.filter((name) => name.startsWith('New') && names.includes(name.slice(3)))).toEqual([]);
  });

  it('has one type for the same words in several places, however they are described there', () => {
    const { ElasticKey, CreateElasticKeyRequest, Algorithm } = document.components.schemas;
    const uses = [ElasticKey, CreateElasticKeyRequest, Algorithm].map((schema) => schema?.properties?.['use']?.$ref);
    expect(uses).toEqual(Array(3).fill('#/components/schemas/KeyUse'));
    expect(document.components.schemas['KeyUse']?.enum).toContain('encrypt');
  });

  it('has a type with a name for the members of a set: of words without one openapi-generator makes Java that does not compile', () => {
    const sets = everySchema().filter(([, each]) => each.uniqueItems === true);
    expect(sets.length).toBeGreaterThan(0);
    expect(sets.filter(([, { items }]) => items?.enum !== undefined).map(([path]) => path)).toEqual([]);
  });

  it('has integers where numbers are listed: of others openapi-generator makes Java that does not compile', () => {
    const numbers = everySchema().filter(([, { enum: values }]) => Array.isArray(values) && typeof values[0] === 'number');
    expect(numbers.length).toBeGreaterThan(0);
    expect(numbers.filter(([, { type }]) => type !== 'integer').map(([path]) => path)).toEqual([]);
  });

  it('has a list for a parameter that may come several times: of a text or a list openapi-generator makes Java that does not compile', () => {
    const parameters = operations().flatMap(({ parameters: each = [] }) => each);
    expect(parameters.filter(({ schema }) => schema.anyOf !== undefined)).toEqual([]);
    expect(parameters.find(({ name }) => name === 'label')?.schema).toMatchObject({ type: 'array', items: { type: 'string' } });
  });
});
