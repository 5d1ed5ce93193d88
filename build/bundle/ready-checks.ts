import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Ajv } from 'ajv';
import standalone from 'ajv/dist/standalone/index.js';
import type { Plugin } from 'rolldown';
import type { TSchema } from 'typebox';
import { RULES } from '../../src/infra/config/check-config.ts';

/** Schemas that a server holds values against while it starts: module of src/, and the name that it exports the schema by. */
export const SCHEMAS: Readonly<Record<string, string>> = {
  'src/engine/embedded/otlp-sink/config.ts': 'sinkConfigSchema',
  'src/identity/config.ts': 'identityConfigSchema',
  'src/identity/demo/seed-file.ts': 'seedSchema',
  'src/infra/demo-data/demo-tenants.ts': 'demoTenantsSchema',
  'src/kms/access/realms/realms-config.ts': 'realmsConfigSchema',
  'src/kms/config.ts': 'kmsConfigSchema',
  'src/kms/demo/seed-file.ts': 'seedSchema',
  'src/kms/integrity/ledger/revisions-file.ts': 'revisionsFileSchema',
};

const CHECK = '\0check:';

/**
 * Gives a program the code by which it checks its configuration: Ajv makes that code of a schema, which takes a fifth of the start of the
 * KMS. From src/ it is made at each start, by the same compiler.
 *
 * @see https://ajv.js.org/standalone.html
 */
export const readyChecks = (root: string): Plugin => {
  const schemas = new Map(Object.entries(SCHEMAS).map(([file, name]) => [join(root, file), name]));
  return {
    name: 'ready-checks',
    transform: {
      filter: { id: [...schemas.keys()] },
      handler: (code, id) => {
        const name = schemas.get(id);
        if (name === undefined) return null;
        return [
          code,
          `import { readyChecks } from '#infra/config/check-config.ts';`,
          `import check from ${JSON.stringify(`${CHECK}${id}`)};`,
          `readyChecks.set(${name}, check);`,
        ].join('\n');
      },
    },
    resolveId: { filter: { id: new RegExp(`^${CHECK}`) }, handler: (id) => id },
    load: {
      filter: { id: new RegExp(`^${CHECK}`) },
      handler: async (id) => {
        const file = id.slice(CHECK.length);
        const module = (await import(pathToFileURL(file).href)) as Readonly<Record<string, TSchema | undefined>>;
        const name = schemas.get(file) ?? '';
        const { [name]: schema } = module;
        if (schema === undefined) throw new Error(`${file} exports no schema ${name} (build/bundle/ready-checks.ts)`);
        return { code: codeOf(schema), moduleType: 'js' };
      },
    },
  };
};

const { resolve } = createRequire(import.meta.url);

/** A CommonJS module whose export is the check; what it needs of Ajv is named by its path. */
export const codeOf = (schema: TSchema): string => {
  // It says yes or no: with the words for all that can be wrong, the one run that it has would take twice as long.
  const ajv = new Ajv({ ...RULES, messages: false, code: { source: true } });
  const code = standalone.default(ajv, ajv.compile(schema));
  return code.replaceAll(/require\("(ajv[^"]*)"\)/g, (_, name: string) => `require(${JSON.stringify(resolve(name))})`);
};
