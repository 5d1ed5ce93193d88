import { errors, type Provider } from 'oidc-provider';
import { AppError } from '#infra/apperr/app-error.ts';

/**
 * Refuses metadata that oidc-provider would refuse with each request of the client, for example a redirect address that does not fit its
 * application type.
 *
 * Why: clients are written into the database by us, and oidc-provider checks them only when it reads them.
 * Bends: `Client.validate`, which its dynamic registration uses, read in oidc-provider 9.13.3 (lib/models/client.js).
 * Held by: test/identity/provider/seams/client-check.test.ts
 *
 * @throws AppError `client-refused` 400
 */
export const checkClientMetadata = async (provider: Provider, metadata: Readonly<Record<string, unknown>>): Promise<void> => {
  const { validate } = provider.Client as unknown as { validate(metadata: Readonly<Record<string, unknown>>): Promise<void> };
  try {
    await validate(metadata);
  } catch (cause) {
    if (!(cause instanceof errors.InvalidClientMetadata)) throw cause;
    throw new AppError('client-refused', 400, `The client is not valid: ${cause.error_description ?? cause.message}.`, {
      cause,
      fix: 'Correct the named property.',
    });
  }
};
