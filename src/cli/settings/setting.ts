import type { Profile } from '#engine/engine.ts';
import type { ValueType } from './value-types.ts';

/**
 * The commands that take the flag of a setting: all that find a stack, all that answer, those that make a run, those that start a stack;
 * `demo`, `exec` or `prepare` alone.
 */
export type FlagGroup = 'stack' | 'output' | 'run' | 'start' | 'demo' | 'exec' | 'prepare';

/** In the place of a default: the command line must state the value. */
export const REQUIRED = Symbol('required');

/** A default as a reader would type it; null: there is none; a function where it depends on the profile. */
type Default = string | null | typeof REQUIRED | ((profile: Profile) => string);

export interface Flag<T> {
  /** Absent from a flag that belongs to one command. */
  readonly group?: FlagGroup;
  readonly help: string;
  /** As the help shows it, for example `-q, --quiet`; when not given, `--<key> <placeholder>`. */
  readonly spelling?: string;
  /** The command goes by another default than that of the row; the help tells it. */
  readonly hasOwnDefault?: boolean;
  /** The value that the flag stands for; without it the flag takes one. */
  readonly means?: T;
}

/** One row: all that there is to know of a setting. Everything else is derived from it. */
export interface Setting<T, D extends Default = Default> {
  readonly type: ValueType<T>;
  readonly default: D;
  readonly flags: readonly Flag<T>[];
}

export type SettingRows = Readonly<Record<string, Setting<unknown>>>;

/** A row whose values are checked against its type. */
export const setting = <T, const D extends Default>(row: Setting<T, D>): Setting<T, D> => row;

type ValueOf<S> = S extends Setting<infer T, infer D> ? (null extends D ? T | undefined : T) : never;

/** The values of rows, by key. */
export type ValuesOf<R extends SettingRows> = { readonly [K in keyof R]: ValueOf<R[K]> };

const separated = (key: string, separator: string): string => key.replaceAll(/[A-Z]/g, (letter) => `${separator}${letter.toLowerCase()}`);

/** `portKms` in a settings file: `port_kms`. */
export const fileKeyOf = (key: string): string => separated(key, '_');

/** `portKms` in the environment: `PASSTHRU_PORT_KMS`. */
export const variableOf = (key: string): string => `PASSTHRU_${fileKeyOf(key).toUpperCase()}`;

/** `portKms` on the command line: `--port-kms`. */
export const flagOf = (key: string): string => `--${separated(key, '-')}`;
