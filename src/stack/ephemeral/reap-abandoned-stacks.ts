import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { orThrow } from '#infra/apperr/or-throw.ts';
import { missingIs } from '#infra/apperr/system-error.ts';
import { thrownWords } from '#infra/apperr/thrown-words.ts';
import { PORTS } from '#stack/claims/free-ports.ts';
import { TURNS } from '#stack/claims/take-turn.ts';
import { holdFolder, userFolder } from '#stack/claims/user-folder.ts';
import type { StackOptions } from '../stack-options.ts';
import { removeStack } from './remove-stack.ts';

/** The folder of stacks that end with their owners, below that of the user. */
export const STACKS = 'stacks';

const HOLDER = 'reaping abandoned stacks';

/** Nobody needs any of it: it is killed. */
const AT_ONCE = AbortSignal.abort();

type ReapOptions = Pick<StackOptions, 'env' | 'now' | 'warn'>;

/**
 * Ends every ephemeral stack of this user whose owner is gone, on whichever engine it is, and removes it with its data; claims of ports and
 * turns by the dead go, too. Where there is none, it is a look at one folder. Several may reap at once: each stack is one's own to reap. What
 * cannot be removed is told and stays for the next time; it stands in nobody's way.
 */
export const reapAbandonedStacks = async (options: ReapOptions): Promise<void> => {
  const { warn = () => undefined } = options;
  try {
    const user = await userFolder();
    const namesIn = (kind: string) => readdir(join(user, kind)).catch(missingIs<readonly string[]>([]));
    const [stacks, ports, turns] = await Promise.all([namesIn(STACKS), namesIn(PORTS), namesIn(TURNS)]);
    const claims = [...ports.map((name) => letGo(PORTS, name)), ...turns.map((name) => letGo(TURNS, name))];
    const done = await Promise.allSettled([...stacks.map((name) => reapStack(name, { ...options, warn })), ...claims]);
    for (const each of done) if (each.status === 'rejected') throw each.reason;
  } catch (error) {
    warn(`not all stacks whose owners are gone could be looked at: ${thrownWords(error)}`);
  }
};

const reapStack = async (name: string, { warn, ...options }: ReapOptions & { readonly warn: (text: string) => void }): Promise<void> => {
  const result = await holdFolder({ of: [STACKS, name], holder: HOLDER });
  // Its owner lives, or somebody else reaps it.
  if (!result.ok && result.error.code === 'lock-held') return;
  await using held = orThrow(result);
  const stateDir = join(held.path, 'state');
  // That its lock was a dead one's is no news.
  const removed = await removeStack({ ...options, stateDir, holder: HOLDER, hurry: AT_ONCE, patienceMs: 0 });
  if (!removed.ok) return warn(`the stack in ${stateDir}, whose owner is gone, could not be removed: ${removed.error.message}`);
  if (removed.value.length > 0) warn(`removed the stack that a killed run left behind (${stateDir})`);
};

/** To take a claim of the dead over and let go of it removes it. */
const letGo = async (kind: string, name: string): Promise<void> => {
  const held = await holdFolder({ of: [kind, name], holder: HOLDER });
  if (held.ok) await held.value[Symbol.asyncDispose]();
};
