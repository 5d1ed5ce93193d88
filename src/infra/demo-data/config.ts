import { type Static, Type } from 'typebox';
import { AppError } from '#infra/apperr/app-error.ts';
import { filePath, strictObject } from '#infra/config/schema.ts';
import type { ServeOptions } from '#infra/process/serve-options.ts';

/**
 * The section `demo` of a server's configuration.
 *
 * @param contents what the server's seed holds, for the description
 */
export const demoConfigSchema = (contents: string) =>
  strictObject(
    {
      allowed: Type.Boolean({ default: true, description: 'false, as in production: a start with --demo or --reset-demo is refused' }),
      seed_file: Type.Optional(filePath({ description: `${contents} of the demo` })),
      tenants_file: Type.Optional(filePath({ description: 'JSON of tenant ids by name; ids are minted when it is missing' })),
    },
    { default: {} },
  );

/**
 * Whether a demo is to run here, as the flags of the start say.
 *
 * @throws AppError `demo-not-allowed` 400 where the configuration allows none, `demo-seed-missing` 400
 */
export const wantsDemo = (
  { demo, resetDemo }: Pick<ServeOptions, 'demo' | 'resetDemo'>,
  config: Static<ReturnType<typeof demoConfigSchema>>,
): boolean => {
  if (!demo && !resetDemo) return false;
  const flag = resetDemo ? '--reset-demo' : '--demo';
  if (!config.allowed) {
    throw new AppError('demo-not-allowed', 400, `${flag} is refused here: the configuration says demo.allowed: false.`, {
      fix: `Start without ${flag}; docs/production.md says how real tenants, accounts and clients are made.`,
    });
  }
  if (config.seed_file === undefined) {
    throw new AppError('demo-seed-missing', 400, `${flag} needs a seed, and the configuration names none.`, { fix: 'Set demo.seed_file.' });
  }
  return true;
};
