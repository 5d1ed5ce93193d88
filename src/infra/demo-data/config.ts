import { Type } from 'typebox';
import { filePath, strictObject } from '#infra/config/schema.ts';

/**
 * The section `demo` of a server's configuration.
 *
 * @param contents what the server's seed holds, for the description
 */
export const demoConfigSchema = (contents: string) =>
  strictObject(
    {
      seed_file: Type.Optional(filePath({ description: `${contents} of the demo` })),
      tenants_file: Type.Optional(filePath({ description: 'JSON of tenant ids by name; ids are minted when it is missing' })),
    },
    { default: {} },
  );
