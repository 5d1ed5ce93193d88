import { Type } from 'typebox';
import { strictObject } from '#infra/config/load-config.ts';
import { ADMIN_PORT_OFFSET, COLLECTOR_HEALTH_PORT_OFFSET } from '#infra/magic/magic.ts';
import { PROFILES } from '#engine/engine.ts';

const CLI_ENGINES = ['auto', 'docker', 'embedded'] as const;
const OUTPUTS = ['human', 'json', 'structured'] as const;
const VERBOSITIES = ['quiet', 'normal', 'verbose'] as const;

/** Other listeners of a service take ports above the public one, and 65535 is the last. */
const LAST_PORT = 65_535;
const port = (offset: number) => Type.Integer({ minimum: 1, maximum: LAST_PORT - offset });
/** Milliseconds. */
const duration = (minimum: number) => Type.Integer({ minimum, maximum: 3_600_000 });

/**
 * Every setting, named as in a settings file; the flag of `port_kms` is `--port-kms`, its variable `PASSTHRU_PORT_KMS`.
 * Durations are milliseconds here; sources state them as `30`, `30s`, `500ms` or `2m`.
 */
export const settingsSchema = strictObject({
  engine: Type.Enum([...CLI_ENGINES]),
  profile: Type.Enum([...PROFILES]),
  output: Type.Enum([...OUTPUTS]),
  color: Type.Optional(Type.Boolean()),
  verbosity: Type.Enum([...VERBOSITIES]),
  on_failure: Type.Enum(['continue', 'stop']),
  health_timeout: duration(100),
  retry: Type.Integer({ minimum: 0, maximum: 10 }),
  retry_delay: duration(0),
  retry_backoff: Type.Number({ minimum: 1, maximum: 10 }),
  rm: Type.Optional(Type.Boolean()),
  on_partial: Type.Enum(['keep', 'cleanup']),
  state_dir: Type.String({ minLength: 1 }),
  port_kms: Type.Optional(port(COLLECTOR_HEALTH_PORT_OFFSET)),
  port_identity: Type.Optional(port(ADMIN_PORT_OFFSET)),
});

export type SettingKey = keyof typeof settingsSchema.properties;

interface Row {
  /** What a good value looks like; ends the sentence "must be …". */
  readonly form: string;
  readonly kind: 'text' | 'number' | 'boolean' | 'duration';
  /** As typed; `--<key>` unless stated. */
  readonly flag?: string;
}

const oneOf = (values: readonly string[]): string => `one of ${values.join(', ')}`;

export const OPTION_TABLE: Readonly<Record<SettingKey, Row>> = {
  engine: { kind: 'text', form: oneOf(CLI_ENGINES) },
  profile: { kind: 'text', form: oneOf(PROFILES) },
  output: { kind: 'text', form: oneOf(OUTPUTS) },
  color: { kind: 'boolean', form: 'true or false', flag: '--no-color' },
  verbosity: { kind: 'text', form: oneOf(VERBOSITIES), flag: '-q or -v' },
  on_failure: { kind: 'text', form: oneOf(['continue', 'stop']), flag: '--fail-fast or --continue-on-error' },
  health_timeout: { kind: 'duration', form: 'a time from 100ms to 1h, for example 30s' },
  retry: { kind: 'number', form: 'a whole number from 0 to 10' },
  retry_delay: { kind: 'duration', form: 'a time from 0s to 1h, for example 1s' },
  retry_backoff: { kind: 'number', form: 'a factor from 1 to 10' },
  rm: { kind: 'boolean', form: 'true or false' },
  on_partial: { kind: 'text', form: oneOf(['keep', 'cleanup']) },
  state_dir: { kind: 'text', form: 'the path of a folder' },
  port_kms: {
    kind: 'number',
    form: `a port from 1 to ${LAST_PORT - COLLECTOR_HEALTH_PORT_OFFSET} (admin and telemetry take ports above it)`,
  },
  port_identity: { kind: 'number', form: `a port from 1 to ${LAST_PORT - ADMIN_PORT_OFFSET} (admin takes a port above it)` },
};

export const SETTING_KEYS = Object.keys(OPTION_TABLE) as readonly SettingKey[];

export const flagOf = (key: SettingKey): string => OPTION_TABLE[key].flag ?? `--${key.replaceAll('_', '-')}`;
export const variableOf = (key: SettingKey): string => `PASSTHRU_${key.toUpperCase()}`;
