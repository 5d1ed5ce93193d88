import { dirname } from 'node:path';
import { findStateFolder, refusalOfFolder, refuseForeignFolder } from '#stack/find-state-folder.ts';
import { readLastStart } from '#stack/record/last-start.ts';
import { codeOf } from '#infra/apperr/system-error.ts';
import { CLOSE_PORT_STEP } from '#infra/magic/magic.ts';
import { areFromOneNumber } from './port-base.ts';
import { refuseClashes } from './port-clashes.ts';
import type { SettingRows, ValuesOf } from './setting.ts';
import { type CliSettings, SETTINGS } from './settings.ts';
import { tellOfOtherVariables } from './other-variables.ts';
import { readRows, sourceOf } from './read-rows.ts';
import { environmentSource, fileSource, flagSource, knownSource, projectFile, type Source, userFile } from './sources.ts';

export interface SettingSources<F extends SettingRows> {
  /** As the command line states them, by key. */
  readonly stated: Readonly<Record<string, unknown>>;
  /** Rows of the flags that the command has beside the settings. */
  readonly flags: F;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Null: only an absolute XDG_CONFIG_HOME names a user file. */
  readonly home: string | null;
  /**
   * The command starts a stack: it does so as stated anywhere, and asks the record of the last start for the rest. Any other command
   * looks for what was started, so only flags say more than the record.
   */
  readonly startsStack: boolean;
  /** It makes a state folder of its own: no other counts, whatever is in it. */
  readonly hasOwnStack?: boolean;
  /** It tells of a state folder that is refused instead of ending by it; nothing in that is read. */
  readonly tellsOfFolder?: boolean;
  readonly warn: (text: string) => void;
}

export interface ResolvedSettings<F extends SettingRows> {
  readonly settings: CliSettings;
  /** Values of the command's own flags. */
  readonly flags: ValuesOf<F>;
  /** The state folder of a command that is typed here without the flag. */
  readonly usualStateDir: string;
}

/**
 * Flags over environment over project file over user file over the record of the last start over defaults, checked as one.
 *
 * @throws AppError `usage` with one field for each bad value: where it came from, what is wrong, how to mend it;
 *   `state-folder-not-ours`
 */
export const resolveSettings = async <F extends SettingRows>(options: SettingSources<F>): Promise<ResolvedSettings<F>> => {
  const { stated, flags, env, cwd, startsStack, hasOwnStack = false, tellsOfFolder = false, warn } = options;
  const [typed, environment] = [flagSource(stated, cwd), environmentSource(env, cwd)];
  await tellOfOtherVariables(env, { startsStack, warn });
  const files = await fileSources(options);
  const usualStateDir = stateDirIn([...files], cwd);
  const stateDir = stateDirIn([typed, environment, ...files], cwd);
  if (!hasOwnStack && !tellsOfFolder) await refuseForeignFolder(stateDir);
  const isUnread = hasOwnStack || (tellsOfFolder && (await refusalOfFolder(stateDir)) !== null);
  const record = isUnread ? knownSource({}) : await recordOf(stateDir);
  const sources = startsStack ? [typed, environment, ...files, record] : [typed, record, environment, ...files];
  const read = readRows({ ...SETTINGS, ...flags }, sources, cwd) as CliSettings & ValuesOf<F>;
  const values = { ...read, ...portsOf(read, sources) };
  if (values.portBase === undefined) refuseClashes(values, (key) => sourceOf(key, sources)?.origin(key));
  tellOfOtherPorts(values, sources, record, warn);
  return { settings: values, flags: values, usualStateDir };
};

/** One number in place of two, where that is how the ports are stated; 0 says nothing of them yet. */
const portsOf = ({ portBase }: CliSettings, sources: readonly Source[]): Partial<CliSettings> => {
  if (portBase === undefined || !areFromOneNumber(sources)) return { portBase: undefined };
  return portBase === 0 ? {} : { portKms: portBase, portIdentity: portBase + 1 };
};

/** The last start that a state folder remembers. */
const recordOf = async (stateDir: string): Promise<Source> => {
  try {
    const { ports, profile } = await readLastStart(stateDir);
    const stated = ports.step === CLOSE_PORT_STEP ? { portBase: ports.kms } : { portKms: ports.kms, portIdentity: ports.identity };
    return knownSource({ ...stated, profile: profile ?? undefined });
  } catch (error) {
    // A folder that cannot be read is told by the command, which cannot use it either.
    if (codeOf(error) === '') throw error;
    return knownSource({});
  }
};

/** Settings files, and what the place itself tells: the state folder of the project in which this is, whose settings file counts, too. */
const fileSources = async ({ env, cwd, home, warn }: Pick<SettingSources<SettingRows>, 'env' | 'cwd' | 'home' | 'warn'>) => {
  const [here, user] = [await fileSource(projectFile(cwd)), await fileSource(userFile(env, home))];
  const found = await findStateFolder({ from: cwd, home, warn });
  const project = here ?? (found === null ? null : await fileSource(projectFile(dirname(found))));
  return [project, user, knownSource({ stateDir: found ?? undefined })].filter((source) => source !== null);
};

/** The state folder that these sources name; one that they state wrongly is refused with all other settings. */
const stateDirIn = (sources: readonly Source[], cwd: string): string => {
  const { type, default: usual } = SETTINGS.stateDir;
  const source = sourceOf('stateDir', sources);
  return source?.read(type, source.values.get('stateDir')) ?? type.fromText(usual, cwd) ?? cwd;
};

/** Ports that are stated elsewhere than those of the last start: that is a slip as often as it is meant. */
const tellOfOtherPorts = (values: CliSettings, sources: readonly Source[], record: Source, warn: (text: string) => void): void => {
  for (const key of ['portBase', 'portKms', 'portIdentity'] as const) {
    const last = record.values.get(key);
    const source = sourceOf(
      key,
      sources.filter((each) => each !== record),
    );
    if (source === undefined || last === undefined) continue;
    const said = source.read(SETTINGS[key].type, source.values.get(key));
    if (said === last || said === 0) continue;
    const taken = values[key] === last ? ', which is what counts here' : '';
    warn(
      `${source.origin(key)} says ${said ?? JSON.stringify(source.values.get(key))}; this stack was last started on ${String(last)}${taken}`,
    );
  }
};
