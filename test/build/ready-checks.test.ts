import { createRequire } from 'node:module';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TSchema, Type } from 'typebox';
import { parse } from 'yaml';
import { beforeAll, describe, expect, it } from 'vitest';
import { orThrow } from '#infra/apperr/or-throw.ts';
import { checkConfig } from '#infra/config/check-config.ts';
import { loadConfig } from '#infra/config/load-config.ts';
import { identityConfigSchema } from '#identity/config.ts';
import { kmsConfigSchema } from '#kms/config.ts';
import { ROOT, testStack } from '#test/support/engine.ts';
import { codeOf, SCHEMAS } from '../../build/bundle/ready-checks.ts';

/** The check that a bundle gets for a schema. */
const readyCheck = (schema: TSchema): ((value: unknown) => boolean) => {
  const module: { exports: unknown } = { exports: {} };
  // oxlint-disable-next-line no-new-func -- the code of a module that the bundler loads as a file
  new Function('module', 'require', codeOf(schema))(module, createRequire(import.meta.url));
  return module.exports as (value: unknown) => boolean;
};

const schemas = { identity: identityConfigSchema, kms: kmsConfigSchema } as const;
const trees = new Map<string, Readonly<Record<string, unknown>>>();

beforeAll(async () => {
  await using stack = await testStack();
  orThrow(await stack.engine().prepare(new AbortController().signal));
  for (const product of ['identity', 'kms'] as const) {
    const files = [join(ROOT, `deployments/${product}/config/${product}.yml`), join(stack.stateDir, `config/${product}.yml`)];
    trees.set(product, await loadConfig({ schema: Type.Record(Type.String(), Type.Unknown()), files, what: 'test' }));
  }
});

describe.each(['identity', 'kms'] as const)('The check of the configuration of %s that a bundle has', (product) => {
  const schema: TSchema = schemas[product];
  const tree = (): Readonly<Record<string, unknown>> => trees.get(product) as Readonly<Record<string, unknown>>;

  it('takes what the one from src/ takes, and fills in the same defaults', () => {
    const copy = structuredClone(tree());
    expect(readyCheck(schema)(copy)).toBe(true);
    expect(copy).not.toEqual(tree());
    expect(copy).toEqual(checkConfig(schema, tree(), 'test'));
  });

  it.each([
    ['an unknown field', { unknown: 1 }],
    ['a missing one', { server: undefined }],
    ['one of another type', { demo: 'yes' }],
  ])('refuses %s', (_what, wrong) => {
    const value = JSON.parse(JSON.stringify({ ...tree(), ...wrong })) as unknown;
    expect(readyCheck(schema)(value)).toBe(false);
    expect(() => checkConfig(schema, value, 'test')).toThrow('is not valid');
  });
});

/** What a server reads at its start, beside its configuration. */
const READ: Readonly<Record<string, string | object>> = {
  'src/identity/demo/seed-file.ts': 'deployments/identity/config/demo-seed.yml',
  'src/kms/demo/seed-file.ts': 'deployments/kms/config/demo-seed.yml',
  'src/kms/access/realms/realms-config.ts': 'deployments/kms/config/realms.yml',
  'src/infra/demo-data/demo-tenants.ts': { demo: '0b0e7f0c-6a3c-4f64-9f0a-3f2f0c1d2e3f' },
  'src/kms/integrity/ledger/revisions-file.ts': { service: { ledger: 'a', revision: 1, tag: 'b' } },
  'src/engine/embedded/otlp-sink/config.ts': { server: { port: 1, tls: { ca: 'a', cert: 'b', key: 'c' } }, directory: 'd' },
};

it.each(Object.entries(READ))('The check of %s takes and completes what the one from src/ does, and nothing else', async (file, read) => {
  const module = (await import(join(ROOT, file))) as Readonly<Record<string, TSchema>>;
  const schema = module[SCHEMAS[file] ?? ''] as TSchema;
  const value: unknown = typeof read === 'string' ? parse(await readFile(join(ROOT, read), 'utf8')) : read;
  const copy = structuredClone(value);
  expect(readyCheck(schema)(copy)).toBe(true);
  expect(copy).toEqual(checkConfig(schema, value, 'test'));
  expect(readyCheck(schema)({ unknown: 1 })).toBe(false);
});
