import { AppError, type FieldIssue } from '#infra/apperr/app-error.ts';

/** What the command line calls a member of a request, by the name that the server gives it: `/tenant_id` is `--tenant`. */
export type Origins = Readonly<Record<string, string>>;

/**
 * For `.catch` of a request that is made of a command line: a refusal that names members of the request says what is wrong with which
 * argument or option, as an error of the command line does. A member without an origin keeps the server's name.
 *
 * @param command for the fix where the server gives none, for example `tenant create`
 */
export const refusedInput =
  (command: string, origins: Origins) =>
  (thrown: unknown): never => {
    if (!(thrown instanceof AppError) || thrown.fields.length === 0) throw thrown;
    const { code, status, fix } = thrown;
    const fields = distinct(thrown.fields.map((issue) => ({ ...issue, field: originOf(issue.field, origins) })));
    const fixes = new Set([...fields.flatMap((issue) => issue.fix ?? []), ...(fix === undefined ? [] : [fix])]);
    throw new AppError(code, status, fields.map(({ field, message }) => `${field} ${message}`).join('; '), {
      fields,
      fix: fixes.size > 0 ? [...fixes].join(' ') : `\`passthru ${command} --help\` tells what each of them takes.`,
    });
  };

/** An item of a list comes from where the list does: `/roles/0` from that of `/roles`. */
const originOf = (field: string, origins: Origins): string =>
  Object.entries(origins).find(([member]) => field === member || field.startsWith(`${member}/`))?.[1] ?? field;

/** Two members may come from one word: the name of an account is its user name where none is given. */
const distinct = (issues: readonly FieldIssue[]): readonly FieldIssue[] => [
  ...new Map(issues.map((issue) => [`${issue.field} ${issue.message}`, issue])).values(),
];
