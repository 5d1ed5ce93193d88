import { randomUUID } from 'node:crypto';
import { AppError, unreachable } from '#infra/apperr/app-error.ts';
import { shellWord } from '#infra/apperr/shell-word.ts';
import type { EnvFormat } from '#cli/settings/given-variables.ts';

type Variables = Readonly<Record<string, string>>;

/**
 * Variables as another program reads them: `shell` for `eval` in sh, bash and zsh; `dotenv` for files that Node (`--env-file`), Compose and
 * the libraries named dotenv read; `json`; `github` for the file that GITHUB_ENV names in a workflow.
 *
 * @param delimiter a line that no value holds, for `github`
 * @throws AppError `value-not-writable` where the format has no way to write a value
 */
export const formatVariables = (variables: Variables, format: EnvFormat, delimiter = `passthru-${randomUUID()}`): string => {
  const entries = Object.entries(variables);
  switch (format) {
    case 'shell':
      return lines(entries.map(([name, value]) => `export ${name}=${shellWord(value)}`));
    case 'dotenv':
      return lines(entries.map(([name, value]) => `${name}=${dotenvValue(name, value)}`));
    case 'json':
      return `${JSON.stringify(variables, null, 2)}\n`;
    case 'github':
      return lines(entries.map(([name, value]) => `${name}<<${delimiter}\n${value}\n${delimiter}`));
    default:
      return unreachable(format);
  }
};

const lines = (each: readonly string[]): string => each.map((line) => `${line}\n`).join('');

const PLAIN = /^[\w@%+=:,./-]+$/;

/**
 * All readers of such files take a value between single quotes as it is, line ends too, and have no way to write that quote between them;
 * between double quotes each has escapes of its own, so that only a value that needs none means the same to all.
 */
const dotenvValue = (name: string, value: string): string => {
  if (PLAIN.test(value)) return value;
  if (!value.includes("'")) return `'${value}'`;
  if (!/["\\$`\n\r]/.test(value)) return `"${value}"`;
  throw new AppError('value-not-writable', 400, `${name} cannot be written to a dotenv file: it has quotes of more than one kind`, {
    fix: 'Use another format, or a folder without such characters in its name.',
  });
};
