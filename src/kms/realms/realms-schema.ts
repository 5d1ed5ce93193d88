import { realmsConfigSchema } from './realms-config.ts';

/**
 * The form of realms.yml for editors and other programs; published at deployments/kms/config/realms.schema.json.
 *
 * @see https://json-schema.org/draft/2020-12
 */
export const realmsJsonSchema = (): Record<string, unknown> => ({
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: 'urn:passthru:schema:realms',
  ...(JSON.parse(JSON.stringify(realmsConfigSchema)) as Record<string, unknown>),
});
