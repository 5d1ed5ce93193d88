import { randomInt } from 'node:crypto';
import { whyNotFree } from '#engine/ports.ts';
import { AppError } from '#infra/apperr/app-error.ts';
import { orThrow } from '#infra/apperr/or-throw.ts';
import { PORTS_OF_A_STACK } from '#infra/magic/magic.ts';
import { type Held, holdFolder } from './user-folder.ts';

/** The folder of claims, below that of the user. */
export const PORTS = 'ports';

/** The ports to choose from: above those of well-known services, below those that systems give to outgoing connections. */
const [FIRST, LAST] = [20_000, 29_999] as const;
const BLOCKS = Math.floor((LAST - FIRST + 1) / PORTS_OF_A_STACK);

/** Eight ports that follow one another, for one stack; disposing of them lets others choose them, unless somebody listens there. */
export interface ClaimedPorts extends AsyncDisposable {
  readonly base: number;
}

export interface FreePortsOptions {
  /** The work of this process, for example `exec`. */
  readonly holder: string;
  /** Ports that are tried before others, with a look of their own: they may be those of a stack that runs. */
  readonly preferred?: { readonly base: number; readonly areFree: () => Promise<boolean> } | undefined;
  /** Number from 0 to below the limit. */
  readonly random?: (limit: number) => number;
}

/**
 * Ports on which nobody listens and that no other process of this user is about to use: each claims its own before it looks at them, by a
 * folder of which only one can have the lock.
 *
 * @throws AppError `no-free-ports`; what `holdFolder` throws
 */
export const claimFreePorts = async ({ holder, preferred, random = randomInt }: FreePortsOptions): Promise<ClaimedPorts> => {
  const start = random(BLOCKS);
  const blocks = Array.from({ length: BLOCKS }, (_, index) => FIRST + ((start + index) % BLOCKS) * PORTS_OF_A_STACK);
  const choices = blocks.map((base) => ({ base, areFree: () => areFree(base) }));
  for (const choice of [...(preferred === undefined ? [] : [preferred]), ...choices]) {
    const claim = await claimPorts(choice, holder);
    if (claim !== null) return { base: choice.base, [Symbol.asyncDispose]: () => claim[Symbol.asyncDispose]() };
  }
  throw new AppError('no-free-ports', 409, `no ${PORTS_OF_A_STACK} ports that follow one another are free from ${FIRST} to ${LAST}`, {
    fix: 'End stacks that nobody needs, or choose ports with --port-base.',
  });
};

type Choice = NonNullable<FreePortsOptions['preferred']>;

/** Null where somebody else has one of them, or is about to. */
const claimPorts = async (choice: Choice, holder: string): Promise<Held | null> => {
  const result = await holdFolder({ of: [PORTS, `${choice.base}`], holder });
  if (!result.ok && result.error.code === 'lock-held') return null;
  const held = orThrow(result);
  if (await choice.areFree()) return held;
  await held[Symbol.asyncDispose]();
  return null;
};

const areFree = async (base: number): Promise<boolean> => {
  for (let port = base; port < base + PORTS_OF_A_STACK; port += 1) if ((await whyNotFree(port)) !== null) return false;
  return true;
};
