import type { CliProcess } from '#cli/process/cli-process.ts';
import { type CliSettings, SETTINGS } from './settings.ts';
import { fileSource, projectFile, userFile } from './sources.ts';
import { variableOf } from './setting.ts';
import { isUsageError } from './usage-error.ts';

const { type, default: byDefault } = SETTINGS.output;

/**
 * The form in which a command tells that its settings are wrong, before it has read them: of flag, variable, project file and user
 * file the first that states one. A form that there is not, and a file that cannot be read, are among what it has to tell: then it
 * is the default.
 */
export const wantedOutput = async (
  stated: unknown,
  { env, cwd, home }: Pick<CliProcess, 'env' | 'cwd' | 'home'>,
): Promise<CliSettings['output']> => {
  const text = stated ?? (env[variableOf('output')] || undefined);
  return (text === undefined ? await inFiles([projectFile(cwd), userFile(env, home)]) : type.fromText(String(text), cwd)) ?? byDefault;
};

const inFiles = async (paths: readonly (string | null)[]): Promise<CliSettings['output'] | undefined> => {
  for (const path of paths) {
    const source = await fileSource(path).catch((thrown: unknown) => {
      if (isUsageError(thrown)) return null;
      throw thrown;
    });
    if (source?.values.has('output') === true) return source.read(type, source.values.get('output'));
  }
  return undefined;
};
