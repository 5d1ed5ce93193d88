import { realmsConfigSchema } from './realms-config.ts';

type Json = { readonly [key: string]: unknown };

const isJson = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);

/** A schema in which members with a default are optional; the check of a file counts them as required, because it fills defaults in first. */
const withoutDefaulted = (schema: unknown): unknown => {
  if (Array.isArray(schema)) return schema.map(withoutDefaulted);
  if (!isJson(schema)) return schema;
  const { required, properties } = schema;
  const optional = (name: unknown): boolean => {
    const property = isJson(properties) ? properties[String(name)] : undefined;
    return isJson(property) && 'default' in property;
  };
  return Object.fromEntries(
    Object.entries({ ...schema, ...(Array.isArray(required) ? { required: required.filter((name) => !optional(name)) } : {}) }).map(
      ([key, value]) => [key, withoutDefaulted(value)],
    ),
  );
};

/**
 * The form of realms.yml for editors and other programs; published at deployments/kms/config/realms.schema.json.
 *
 * @see https://json-schema.org/draft/2020-12
 */
export const realmsJsonSchema = (): Json => ({
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: 'urn:passthru:schema:realms',
  ...(withoutDefaulted(JSON.parse(JSON.stringify(realmsConfigSchema))) as Json),
});
