import { PORT_STEP } from '#infra/magic/magic.ts';
import { portsFrom } from '#stack/ports.ts';
import type { StackOptions } from '#stack/stack-options.ts';
import type { CliSettings } from '#cli/settings/settings.ts';
import type { CommandContext } from './command-context.ts';

const portsIn = ({ portBase, portKms, portIdentity }: CliSettings): NonNullable<StackOptions['ports']> => {
  if (portBase === undefined) return { kms: portKms, identity: portIdentity, step: PORT_STEP };
  return portBase === 0 ? 'free' : portsFrom(portBase);
};

/** A remark before the run begins: the images decide on which engine it runs. */
const IMAGES_MISSING = 'Images are missing: building or pulling them, which takes a minute or two the first time.';

/** The stack that a command's settings name; a command that changes it holds its lock. */
export const stackOptions = (context: CommandContext): Omit<StackOptions, 'purpose' | 'holder'> => {
  const { settings, printer, snapshot, interrupts, process } = context;
  return {
    stateDir: settings.stateDir,
    engine: settings.engine,
    ports: portsIn(settings),
    hosts: settings.host,
    profile: settings.profile,
    // A stack that is to be gone at the end is nobody's when this process cannot see to that any more.
    owner: settings.rm ? 'process' : 'state-folder',
    ...(snapshot === undefined ? {} : { snapshot }),
    env: process.env,
    now: process.now,
    signal: interrupts.first,
    warn: (text) => printer.remark(`! ${text}`),
    onImagesMissing: () => printer.remark(IMAGES_MISSING),
  };
};
