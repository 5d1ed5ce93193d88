import { resolve } from 'node:path';
import type { Static } from 'typebox';
import { AppError, type FieldIssue } from '#infra/apperr/app-error.ts';
import { checkConfig } from '#infra/config/load-config.ts';
import { ADMIN_PORT_OFFSET, COLLECTOR_HEALTH_PORT_OFFSET, IDENTITY_PORT, KMS_PORT, SINK_PORT_OFFSET } from '#infra/magic/magic.ts';
import { environmentSource, fileSource, flagSource, projectFile, type Source, userFile } from './options/option-sources.ts';
import { OPTION_TABLE, settingsSchema } from './options/option-table.ts';
import { usageError } from './options/usage-error.ts';

type Settings = Static<typeof settingsSchema>;

/** Every option of the CLI, checked; paths absolute, times in milliseconds. */
export interface Options {
  readonly engine: Settings['engine'];
  readonly profile: Settings['profile'];
  readonly output: Settings['output'];
  /** Undefined: the terminal decides. */
  readonly color: boolean | undefined;
  readonly verbosity: Settings['verbosity'];
  readonly failFast: boolean;
  readonly healthTimeoutMs: number;
  readonly retry: { readonly count: number; readonly delayMs: number; readonly backoff: number };
  /** Tear down at the end. */
  readonly rm: boolean;
  readonly onPartial: Settings['on_partial'];
  readonly stateDir: string;
  readonly ports: { readonly kms: number; readonly identity: number };
  /** Whether somebody stated a port: else a running stack may know better. */
  readonly portsStated: Readonly<Record<'kms' | 'identity', boolean>>;
}

export interface OptionInputs {
  /** By setting key, as typed. */
  readonly flags: Readonly<Record<string, unknown>>;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly home: string;
  readonly warn: (text: string) => void;
}

const DEFAULTS: Settings = {
  engine: 'auto',
  profile: 'demo',
  output: 'human',
  verbosity: 'normal',
  on_failure: 'continue',
  health_timeout: 30_000,
  retry: 0,
  retry_delay: 1_000,
  retry_backoff: 2,
  on_partial: 'keep',
  state_dir: '.passthru',
};

/**
 * Flags over environment over project file over user file over defaults, checked as one.
 *
 * @throws AppError `usage` with one field for each bad value: where it came from, what is wrong, how to mend it
 */
export const resolveOptions = async ({ flags, env, cwd, home, warn }: OptionInputs): Promise<Options> => {
  const sources = [
    flagSource(flags, cwd),
    environmentSource(env, cwd, warn),
    await fileSource(projectFile(cwd)),
    await fileSource(userFile(env, home)),
  ].filter((source) => source !== null);
  const stateFolder = sources.find(({ values }) => Object.hasOwn(values, 'state_dir'))?.folder ?? cwd;
  const settings = checkSettings(sources);
  const ports = { kms: settings.port_kms ?? KMS_PORT, identity: settings.port_identity ?? IDENTITY_PORT };
  refuseClashes(ports, sources);
  return {
    engine: settings.engine,
    profile: settings.profile,
    output: settings.output,
    color: settings.color,
    verbosity: settings.verbosity,
    failFast: settings.on_failure === 'stop',
    healthTimeoutMs: settings.health_timeout,
    retry: { count: settings.retry, delayMs: settings.retry_delay, backoff: settings.retry_backoff },
    rm: settings.rm ?? settings.profile === 'ci',
    onPartial: settings.on_partial,
    stateDir: resolve(stateFolder, settings.state_dir),
    ports,
    portsStated: { kms: settings.port_kms !== undefined, identity: settings.port_identity !== undefined },
  };
};

const originOf = (key: string, sources: readonly Source[]): string =>
  sources.find(({ values }) => Object.hasOwn(values, key))?.origin(key) ?? `the default of ${key}`;

const checkSettings = (sources: readonly Source[]): Settings => {
  const merged = sources.reduceRight<Record<string, unknown>>((below, { values }) => ({ ...below, ...values }), { ...DEFAULTS });
  try {
    return checkConfig(settingsSchema, merged, 'Settings');
  } catch (thrown) {
    if (!(thrown instanceof AppError) || thrown.code !== 'config-invalid') throw thrown;
    const fields = thrown.fields.map((issue) => describe(issue, merged, sources));
    throw usageError(fields.map(({ field, message }) => `${field} ${message}`).join('; '), {
      fields,
      fix: [...new Set(fields.flatMap(({ fix }) => fix ?? []))].join(' '),
    });
  }
};

const describe = (issue: FieldIssue, merged: Readonly<Record<string, unknown>>, sources: readonly Source[]): FieldIssue => {
  const key = issue.field.split('/')[1] ?? '';
  const row = Object.hasOwn(OPTION_TABLE, key) ? OPTION_TABLE[key as keyof typeof OPTION_TABLE] : undefined;
  const field = originOf(key, sources);
  if (row === undefined) return { ...issue, field };
  return { field, message: `must be ${row.form}, not ${JSON.stringify(merged[key])}`, fix: `Use ${row.form}.` };
};

/** Every listener of a stack takes its own port, whichever engine runs it; all but two are derived from the public ones. */
const refuseClashes = (ports: Options['ports'], sources: readonly Source[]): void => {
  const kms = originOf('port_kms', sources);
  const identity = originOf('port_identity', sources);
  const listeners = [
    { name: 'the KMS', port: ports.kms, from: kms },
    { name: "the KMS's admin listener", port: ports.kms + ADMIN_PORT_OFFSET, from: kms },
    { name: 'telemetry', port: ports.kms + SINK_PORT_OFFSET, from: kms },
    { name: "telemetry's health", port: ports.kms + COLLECTOR_HEALTH_PORT_OFFSET, from: kms },
    { name: 'Identity', port: ports.identity, from: identity },
    { name: "Identity's admin listener", port: ports.identity + ADMIN_PORT_OFFSET, from: identity },
  ];
  for (const [index, one] of listeners.entries()) {
    const other = listeners.slice(index + 1).find(({ port }) => port === one.port);
    if (other === undefined) continue;
    throw usageError(`port ${one.port} is wanted by both ${one.name} (${one.from}) and ${other.name} (${other.from})`, {
      fix:
        `Choose --port-kms K and --port-identity I so that K, K+${ADMIN_PORT_OFFSET}, K+${SINK_PORT_OFFSET}, ` +
        `K+${COLLECTOR_HEALTH_PORT_OFFSET}, I and I+${ADMIN_PORT_OFFSET} all differ.`,
    });
  }
};
