import { randomUUIDv7 } from 'node:crypto';
import { keyApi, type KeyApi } from '#client/kms/key.ts';
import type { KmsApi } from '#client/kms/kms.ts';
import type { ElasticKey, KmsBody } from '#client/kms/operations.ts';
import { AppError } from '#infra/apperr/app-error.ts';

/** A name for an elastic key that nobody has. */
export const newKeyName = (): string => `flow-${randomUUIDv7()}`;

/** A new elastic key of the caller's tenant. */
export const newKey = async (kms: KmsApi, algorithm: KmsBody<'createElasticKey'>['algorithm']): Promise<KeyApi> =>
  keyApi(kms, (await kms.invoke('createElasticKey', { body: { name: newKeyName(), algorithm } })).id);

/** The seeded elastic key of the caller's tenant with this name. */
export const seededKey = async (kms: KmsApi, name: string): Promise<ElasticKey> => {
  const key = await kms.elasticKeyNamed(name);
  if (key === undefined)
    throw new AppError('seed-key-missing', 404, `the KMS has no elastic key ${name}`, { fix: 'Run `passthru reset-demo`.' });
  return key;
};

/** Text as the KMS takes bytes. */
export const base64url = (text: string): string => Buffer.from(text).toString('base64url');
