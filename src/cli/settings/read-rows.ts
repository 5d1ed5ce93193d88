import type { FieldIssue } from '#infra/apperr/app-error.ts';
import type { SettingRows, ValuesOf } from './setting.ts';
import { type CliSettings, SETTINGS } from './settings.ts';
import { flagSource, type Source } from './sources.ts';
import { usageError } from './usage-error.ts';

// The commands of a container read their flags by this file: it knows rows and sources, and nothing of a stack.

/**
 * The flags of a command that reads no settings.
 *
 * @throws AppError `usage`, with one field for each bad value
 */
export const readFlags = <F extends SettingRows>(rows: F, stated: Readonly<Record<string, unknown>>, cwd: string): ValuesOf<F> =>
  readRows(rows, [flagSource(stated, cwd)], cwd);

export const sourceOf = (key: string, sources: readonly Source[]): Source | undefined => sources.find(({ values }) => values.has(key));

/**
 * The value of each row, from the first source that states it, else its default.
 *
 * @throws AppError `usage` with one field for each bad value
 */
export const readRows = <R extends SettingRows>(rows: R, sources: readonly Source[], cwd: string): ValuesOf<R> => {
  const issues: FieldIssue[] = sources.flatMap(({ unknown }) => unknown);
  const values: Record<string, unknown> = {};
  for (const [key, { type, ...row }] of Object.entries(rows)) {
    const source = sourceOf(key, sources);
    if (source === undefined) {
      // A profile that is wrong is an issue already.
      const profile = (values['profile'] ?? SETTINGS.profile.default) as CliSettings['profile'];
      const text = typeof row.default === 'function' ? row.default(profile) : row.default;
      values[key] = typeof text === 'string' ? type.fromText(text, cwd) : undefined;
      continue;
    }
    const raw = source.values.get(key);
    values[key] = source.read(type, raw);
    if (values[key] !== undefined) continue;
    const fix = type.fixOf?.(raw) ?? `Use ${type.form}.`;
    issues.push({ field: source.origin(key), message: `must be ${type.form}, not ${source.written(type, raw)}`, fix });
  }
  if (issues.length > 0) throw invalid(issues);
  return values as ValuesOf<R>;
};

const invalid = (fields: readonly FieldIssue[]) =>
  usageError(fields.map(({ field, message }) => `${field} ${message}`).join('; '), {
    fields,
    fix: [...new Set(fields.flatMap(({ fix }) => fix ?? []))].join(' '),
  });
