import ajvCompiler from '@fastify/ajv-compiler';
import serializerSelector from '@fastify/fast-json-stringify-compiler';
import type { FastifySchema, FastifySchemaCompiler, FastifyServerOptions } from 'fastify';
import { isObject } from '#infra/json/json-object.ts';

type CompilersFactory = NonNullable<NonNullable<FastifyServerOptions['schemaController']>['compilersFactory']>;
type Compile = FastifySchemaCompiler<FastifySchema>;

/**
 * Fastify's own compilers of schemas, asked for each schema when the first value comes that it is for. Fastify asks for all of them at the
 * start, which took a quarter of the start of the KMS, for routes of which most are never called; a first call waits for a millisecond or
 * two.
 */
export const compileLater = (): CompilersFactory => {
  const [validators, serializers] = [ajvCompiler(), serializerSelector()];
  return {
    buildValidator: ((...from: Parameters<typeof validators>) => validatorLater(validators(...from) as Compile)) as typeof validators,
    buildSerializer: (...from) => {
      const compile = serializers(...from);
      return (route) => {
        let compiled: ReturnType<typeof compile> | undefined;
        return (value) => (compiled ??= compile(route))(value);
      };
    },
  };
};

const validatorLater =
  (compile: Compile): Compile =>
  (route) => {
    let compiled: ReturnType<Compile> | undefined;
    const validate: ReturnType<Compile> = (value) => {
      compiled ??= compile(route.httpPart === 'headers' ? { ...route, schema: inLowerCase(route.schema) } : route);
      const verdict = compiled(value);
      // Fastify reads them off the function that it called.
      validate.errors = compiled.errors;
      return verdict;
    };
    return validate;
  };

/**
 * The schema of an object of headers, with their names as Node has them. Fastify does so for compilers that it chose itself, and hands the
 * schema to others as it is written: `Idempotency-Key` would be a name that never comes, so nothing would be checked.
 *
 * @see RFC 9110 section 5.1
 */
const inLowerCase = (schema: FastifySchema): FastifySchema => {
  const { properties, required } = schema as { readonly properties?: unknown; readonly required?: readonly string[] };
  const named = isObject(properties) ? Object.entries(properties).map(([name, each]) => [name.toLowerCase(), each]) : [];
  return {
    ...schema,
    ...(named.length === 0 ? {} : { properties: Object.fromEntries(named) }),
    ...(required === undefined ? {} : { required: required.map((name) => name.toLowerCase()) }),
  };
};
