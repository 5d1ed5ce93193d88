import { conflictInWords, PORT_TAKEN_FIX } from '#engine/ports.ts';
import type { Engine, PortConflict, PortUser } from '#engine/engine.ts';
import { AppError } from '#infra/apperr/app-error.ts';
import { shellWord } from '#infra/apperr/shell-word.ts';
import { CLOSE_PORT_STEP, IDENTITY_PORT, KMS_PORT, PORT_STEP } from '#infra/magic/magic.ts';
import type { StackPorts } from './stack-options.ts';

export const withDefaultPorts = (stated: Partial<StackPorts>): StackPorts => ({
  kms: KMS_PORT,
  identity: IDENTITY_PORT,
  step: PORT_STEP,
  ...stated,
});

/** Ports that follow one another from the first one on, eight of them: KMS, Identity, their admin listeners, and so on. */
export const portsFrom = (base: number): StackPorts => ({ kms: base, identity: base + 1, step: CLOSE_PORT_STEP });

/**
 * Makes sure that nobody else holds a port that these services, or the second Identity, need.
 *
 * @throws AppError `port-taken`, each port named with its holder, or all at once where one stack holds them
 */
export const checkPorts = async (engine: Engine, users: readonly PortUser[]): Promise<void> => {
  const taken = await engine.portConflicts(users);
  if (taken.length === 0) return;
  const [stateDir, ...others] = new Set(taken.map((conflict) => conflict.stateDir));
  if (stateDir !== undefined && others.length === 0) throw heldByStack(stateDir, taken);
  throw new AppError('port-taken', 409, taken.map(conflictInWords).join('; '), { fix: PORT_TAKEN_FIX });
};

const heldByStack = (stateDir: string, taken: readonly PortConflict[]): AppError => {
  const ports = taken.map(({ port }) => port).toSorted((a, b) => a - b);
  const held = ports.length === 1 ? `port ${ports[0]} is` : `ports ${ports.slice(0, -1).join(', ')} and ${ports.at(-1)} are`;
  return new AppError('port-taken', 409, `${held} held by the stack in ${stateDir}`, {
    fix: `Stop that stack: \`passthru down --state-dir ${shellWord(stateDir)}\`. Or start beside it: --port-base 0 takes free ports.`,
  });
};
