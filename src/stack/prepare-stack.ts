import { join } from 'node:path';
import type { PreparedTls } from '#engine/engine.ts';
import { type PreparedPkcs12, preparePkcs12 } from '#engine/files/prepare-pkcs12.ts';
import { portsOf } from '#engine/ports.ts';
import { stateFolder } from '#engine/state/state-folder.ts';
import { ok, type Result } from '#infra/apperr/result.ts';
import { type ComposeStart, composeStarts } from './compose-starts.ts';
import { claimFreePorts } from './claims/free-ports.ts';
import { lockStateFolder } from './lock.ts';
import { openStack } from './open-stack.ts';
import { makeBundleCurrent } from '#engine/files/current-bundle.ts';
import { PACKAGE_ROOT } from '#infra/process/package-root.ts';
import { portsFrom, withDefaultPorts } from './ports.ts';
import { readLastStart } from './record/last-start.ts';
import { type FullStackOptions, type StackOptions, type StackPorts, withDefaults } from './stack-options.ts';

export type { PreparedPkcs12 };

/** All that a start needs beside programs: certificates, secrets, configuration. */
export interface PreparedStack {
  readonly tls: PreparedTls;
  /** PEM file with the root certificate. */
  readonly caFile: string;
  /** Where they were asked for. */
  readonly pkcs12: PreparedPkcs12 | null;
  /** For plain Compose: the folders that it mounts from, and how it starts each product; null for the embedded engine. */
  readonly compose: { readonly folders: readonly string[]; readonly starts: readonly ComposeStart[] } | null;
}

export interface PrepareStackOptions extends Omit<StackOptions, 'purpose'> {
  readonly holder: string;
  /** Whether PKCS#12 files are made, too. */
  readonly pkcs12?: boolean;
}

/** Makes what is missing or expired and keeps what is good; starts nothing and, unless the embedded engine is named, asks no engine. */
export const prepareStack = async (stated: PrepareStackOptions): Promise<Result<PreparedStack>> => {
  const options = { ...withDefaults({ ...stated, purpose: 'start' }), holder: stated.holder };
  const caFile = join(stateFolder(options.stateDir).tls, 'ca.pem');
  if (options.engine !== 'embedded') return prepareForCompose(options, caFile);
  await using stack = await openStack(options);
  const result = await stack.engine.prepare(options.signal);
  return result.ok ? ok({ tls: result.value, caFile, pkcs12: await pkcs12Of(options), compose: null }) : result;
};

/** Files for containers, beside the Compose files; no Docker engine is asked for anything. */
const prepareForCompose = async (options: FullStackOptions & PrepareStackOptions, caFile: string): Promise<Result<PreparedStack>> => {
  const { stateDir, signal, warn, now } = options;
  const ports = options.ports === 'free' ? await freePorts(options) : withDefaultPorts(options.ports);
  await using _lock = await lockStateFolder(options);
  const { prepareDeployments } = await import('#engine/files/mounts/prepare-deployments.ts');
  // What Compose builds the images of.
  await makeBundleCurrent(PACKAGE_ROOT);
  const { hosts } = await readLastStart(stateDir);
  const result = await prepareDeployments({
    folder: stateFolder(stateDir),
    packageRoot: PACKAGE_ROOT,
    ports: portsOf({ portKms: ports.kms, portIdentity: ports.identity, portStep: ports.step }),
    hosts: options.hosts ?? hosts,
    signal,
    warn,
    now,
  });
  if (!result.ok) return result;
  const { tls, folders } = result.value;
  return ok({ tls, caFile, pkcs12: await pkcs12Of(options), compose: { folders: Object.values(folders), starts: composeStarts(ports) } });
};

/** They are free now: plain Compose starts whenever somebody asks it to. */
const freePorts = async ({ holder }: Pick<PrepareStackOptions, 'holder'>): Promise<StackPorts> => {
  await using claim = await claimFreePorts({ holder });
  return portsFrom(claim.base);
};

const pkcs12Of = async ({ stateDir, pkcs12 = false }: Pick<PrepareStackOptions, 'stateDir' | 'pkcs12'>): Promise<PreparedPkcs12 | null> =>
  pkcs12 ? preparePkcs12(stateFolder(stateDir)) : null;
