import { loadConfig } from '#infra/config/load-config.ts';
import { type RealmsConfig, realmsConfigSchema } from './realms-config.ts';
import { realmsIssues } from './realms-issues.ts';

/**
 * Reads and checks realms.yml.
 *
 * @param options.issuers that the KMS is configured with; null where that is not known
 * @throws AppError `config-unreadable`, `config-invalid`
 */
export const loadRealms = (file: string, { issuers = null }: { readonly issuers?: readonly string[] | null } = {}): Promise<RealmsConfig> =>
  loadConfig({
    schema: realmsConfigSchema,
    files: [file],
    what: 'the realms file',
    contradictions: (config) => realmsIssues(config, issuers),
  });
