import type { FieldIssue } from '#infra/apperr/app-error.ts';
import { refuseClashes } from './port-clashes.ts';
import type { SettingRows, ValuesOf } from './setting.ts';
import { type CliSettings, type SettingKey, SETTINGS } from './settings.ts';
import { environmentSource, fileSource, flagSource, projectFile, type Source, userFile } from './sources.ts';
import { usageError } from './usage-error.ts';

export interface SettingSources<F extends SettingRows> {
  /** As the command line states them, by key. */
  readonly stated: Readonly<Record<string, unknown>>;
  /** Rows of the flags that the command has beside the settings. */
  readonly flags: F;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Null: only an absolute XDG_CONFIG_HOME names a user file. */
  readonly home: string | null;
  readonly warn: (text: string) => void;
}

export interface ResolvedSettings<F extends SettingRows> {
  readonly settings: CliSettings;
  /** Values of the command's own flags. */
  readonly flags: ValuesOf<F>;
  /** Settings that somebody stated: where nobody stated a port, a running stack may know better. */
  readonly stated: ReadonlySet<SettingKey>;
}

/**
 * Flags over environment over project file over user file over defaults, checked as one.
 *
 * @throws AppError `usage` with one field for each bad value: where it came from, what is wrong, how to mend it
 */
export const resolveSettings = async <F extends SettingRows>(options: SettingSources<F>): Promise<ResolvedSettings<F>> => {
  const { stated, flags, env, cwd, home, warn } = options;
  const sources = [
    flagSource(stated, cwd),
    environmentSource(env, cwd, warn),
    await fileSource(projectFile(cwd)),
    await fileSource(userFile(env, home)),
  ].filter((source) => source !== null);
  const values = readRows({ ...SETTINGS, ...flags }, sources, cwd) as CliSettings & ValuesOf<F>;
  refuseClashes(values, (key) => sourceOf(key, sources)?.origin(key));
  return {
    settings: values,
    flags: values,
    stated: new Set((Object.keys(SETTINGS) as SettingKey[]).filter((key) => sourceOf(key, sources) !== undefined)),
  };
};

/**
 * The flags of a command that reads no settings.
 *
 * @throws AppError `usage`, as `resolveSettings` does
 */
export const readFlags = <F extends SettingRows>(rows: F, stated: Readonly<Record<string, unknown>>, cwd: string): ValuesOf<F> =>
  readRows(rows, [flagSource(stated, cwd)], cwd);

const sourceOf = (key: string, sources: readonly Source[]): Source | undefined => sources.find(({ values }) => values.has(key));

const readRows = <R extends SettingRows>(rows: R, sources: readonly Source[], cwd: string): ValuesOf<R> => {
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
    issues.push({ field: source.origin(key), message: `must be ${type.form}, not ${JSON.stringify(raw)}`, fix: `Use ${type.form}.` });
  }
  if (issues.length > 0) throw invalid(issues);
  return values as ValuesOf<R>;
};

const invalid = (fields: readonly FieldIssue[]) =>
  usageError(fields.map(({ field, message }) => `${field} ${message}`).join('; '), {
    fields,
    fix: [...new Set(fields.flatMap(({ fix }) => fix ?? []))].join(' '),
  });
