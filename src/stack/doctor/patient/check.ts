import type { StackEngine } from '#engine/stack-engine.ts';
import type { Failure, Result } from '#infra/apperr/result.ts';
import type { FullStackOptions } from '../../stack-options.ts';
import type { Machine } from './machine.ts';

/**
 * A preflight: each check of this folder looks at one thing that a start needs, changes nothing, and says in one line how it stands.
 * `checks.ts` lists them, `examine.ts` carries them out side by side, each for a limited time. A check that foresees a failure takes the
 * words and the fix of that failure from where it would be thrown, so that a start that fails and the doctor say the same.
 */
export interface Check {
  readonly id: string;
  readonly title: string;
  /** It reads what the state folder holds, so it is not carried out where that folder is refused. */
  readonly readsFolder?: boolean;
  readonly run: (patient: Patient) => Promise<Finding>;
}

/** `fault`: a start would fail. `warning`: it would go on, and something is not as it should be. `not-checked`: the text says why. */
export type Finding =
  | { readonly result: 'ok' | 'not-checked'; readonly text: string }
  | { readonly result: 'warning' | 'fault'; readonly text: string; readonly fix: string };

/** The stack that a start would bring up, and the machine that it would be brought up on. */
export interface Patient {
  readonly options: Pick<FullStackOptions, 'stateDir' | 'engine' | 'ports' | 'hosts' | 'signal'>;
  readonly env: FullStackOptions['env'];
  readonly machine: Machine;
  /** The engine that a start would take, or why it would find none. Asked once, however many checks do. */
  engine(): Promise<Result<StackEngine>>;
  /** The Docker engine, whether or not a start would take it. Asked once. */
  docker(): Promise<Result<DockerMachine>>;
}

export interface DockerMachine {
  /** For people. */
  readonly name: string;
  /** How far its clock is ahead of ours, milliseconds; null where it does not tell. */
  readonly skewMs: number | null;
  /** Bytes; null where it does not tell. */
  readonly memory: number | null;
  readonly isRootless: boolean;
}

export const fine = (text: string): Finding => ({ result: 'ok', text });
export const notChecked = (why: string): Finding => ({ result: 'not-checked', text: why });
export const warning = (text: string, fix: string): Finding => ({ result: 'warning', text, fix });
export const fault = (text: string, fix: string): Finding => ({ result: 'fault', text, fix });

/** A failure as it would be told, its causes behind it. */
export const foreseen = (result: 'warning' | 'fault', failure: Failure): Finding => ({
  result,
  text: wordsOf(failure),
  fix: fixOf(failure),
});

const wordsOf = ({ message, cause }: Failure): string => (cause === null ? message : `${message}: ${wordsOf(cause)}`);

const fixOf = ({ fix, cause }: Failure): string => (fix !== '' || cause === null ? fix : fixOf(cause));
