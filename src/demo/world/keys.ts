import type { KmsApi } from '#client/kms/kms.ts';
import type { ElasticKey } from '#client/kms/operations.ts';
import { AppError } from '#infra/apperr/app-error.ts';

/** The seeded elastic key of the caller's tenant with this name. */
export const seededKey = async (kms: KmsApi, name: string): Promise<ElasticKey> => {
  const key = await kms.elasticKeyNamed(name);
  if (key === undefined)
    throw new AppError('seed-key-missing', 404, `the KMS has no elastic key ${name} in the tenant of the caller`, { fix: RESET_FIX });
  return key;
};

/** The remedy for demo data that somebody changed. */
export const RESET_FIX = 'Run `passthru reset-demo`: it replaces the demo tenants with everything in them, keys of your own too.';

/** Text as the KMS takes bytes. */
export const base64url = (text: string): string => Buffer.from(text).toString('base64url');
