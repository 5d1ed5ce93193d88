import { AppError } from '#infra/apperr/app-error.ts';

/** @throws AppError `scope-unknown` 400, a field for each scope that no resource server has */
export const refuseUnknownScopes = (scopes: readonly string[], isKnown: (scope: string) => boolean, field: string): void => {
  const fields = scopes.flatMap((scope, index) =>
    isKnown(scope) ? [] : [{ field: `${field}/${index}`, message: `is ${scope}, which no resource server defines` }],
  );
  if (fields.length === 0) return;
  throw new AppError('scope-unknown', 400, 'A scope does not belong to any resource server.', {
    fields,
    fix: 'Use scopes of resource_servers in the configuration of Identity.',
  });
};
