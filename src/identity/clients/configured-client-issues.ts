import type { FieldIssue } from '#infra/apperr/app-error.ts';
import { redirectIssue } from './redirect-rules.ts';

/** How people log in to a client of the configuration. */
interface LogIn {
  readonly redirect_uris: readonly string[];
  readonly post_logout_redirect_uris?: readonly string[];
  readonly scopes: readonly string[];
}

const logInIssues = (
  at: string,
  { redirect_uris: back, post_logout_redirect_uris: out = [], scopes }: LogIn,
  isKnown: IsKnown,
): FieldIssue[] => {
  const lists = { redirect_uris: back, post_logout_redirect_uris: out };
  return [
    ...Object.entries(lists).flatMap(([name, uris]) =>
      uris.flatMap((uri, index) => {
        const issue = redirectIssue(uri, 'web');
        return issue === null ? [] : [{ field: `${at}/${name}/${index}`, ...issue }];
      }),
    ),
    ...scopes.flatMap((scope, index) =>
      isKnown(scope)
        ? []
        : [
            {
              field: `${at}/scopes/${index}`,
              message: `is ${scope}, which no resource server defines`,
              fix: 'Use scopes of resource_servers, or of OpenID Connect.',
            },
          ],
    ),
  ];
};

/** Whether a scope is one of OpenID Connect or of a resource server. */
type IsKnown = (scope: string) => boolean;

/** Why a client of the configuration could never log anybody in, with the field. */
export const configuredClientIssues = (
  config: { readonly browser_clients: readonly LogIn[]; readonly service_clients: readonly { readonly log_in?: LogIn }[] },
  isKnown: IsKnown,
): readonly FieldIssue[] => [
  ...config.browser_clients.flatMap((client, index) => logInIssues(`/browser_clients/${index}`, client, isKnown)),
  ...config.service_clients.flatMap(({ log_in: logIn }, index) =>
    logIn === undefined ? [] : logInIssues(`/service_clients/${index}/log_in`, logIn, isKnown),
  ),
];
