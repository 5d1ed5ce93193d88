import { AppError } from '#infra/apperr/app-error.ts';
import { type ClientRecord, hasSharedSecret } from './client.ts';

/**
 * A client may come to prove itself by another form of the same secret, and not in another way: it would be another client.
 *
 * @throws AppError `client-contradictory` 400
 */
export const refuseOtherProof = (before: ClientRecord, after: ClientRecord): void => {
  if (hasSharedSecret(before) === hasSharedSecret(after) && (hasSharedSecret(before) || before.authMethod === after.authMethod)) return;
  throw new AppError('client-contradictory', 400, 'A client keeps the way in which it proves itself.', {
    fields: [
      {
        field: '/token_endpoint_auth_method',
        message: `cannot come to be ${after.authMethod}, since it is ${before.authMethod}`,
        fix: 'Make another client.',
      },
    ],
  });
};
