import { unreachable } from '#infra/apperr/app-error.ts';
import { fail, type Failure, ok, type Result } from '#infra/apperr/result.ts';
import type { Engine } from '#engine/engine.ts';
import type { FullStackOptions } from '../stack-options.ts';

/** The state of the stack of a folder on one engine: something of it runs, only what it left is there, or there is nothing. */
export type StackState = 'running' | 'ended' | 'none';

/** Docker as one of the engines to choose from, `C` being a connection to it; nothing is asked that the choice does not need. */
export interface DockerCandidate<C> {
  /** An engine that answers, with its name for people; or why there is none. */
  probe(): Promise<Result<{ readonly connection: C; readonly name: string }>>;
  /** The state of this folder's stack on that engine. */
  stack(connection: C): Promise<Result<StackState>>;
  /** Has every image that is missing made or pulled, so that it is sure whether they can be had. */
  images(connection: C): Promise<Result<unknown>>;
}

export type Choice<C> =
  | { readonly kind: 'embedded'; readonly reason: string; readonly isFallback: boolean }
  | { readonly kind: 'docker'; readonly reason: string; readonly connection: C };

export interface ChooseOptions<C> {
  readonly wanted: FullStackOptions['engine'];
  readonly purpose: FullStackOptions['purpose'];
  readonly embedded: StackState;
  /** The engine on which the stack was last started; null where nobody wrote that down. */
  readonly last: Engine['kind'] | null;
  /** This state folder once had a stack on Docker; else nobody there needs to be asked about one. */
  readonly knowsDocker: boolean;
  readonly docker: DockerCandidate<C>;
}

/**
 * Chooses the engine that a command works with. A named engine is never replaced by another. `auto` keeps the engine of the stack that is
 * there; else it takes Docker where an engine answers and the images are there or to be had, else the embedded one.
 *
 * @returns the choice with its reason, or why a named engine cannot be had, or that the stack of this folder is up on the other one
 */
export const chooseEngine = <C>(options: ChooseOptions<C>): Promise<Result<Choice<C>>> => {
  switch (options.wanted) {
    case 'embedded':
      return chooseEmbedded(options);
    case 'docker':
      return chooseDocker(options);
    case 'auto':
      return options.purpose === 'start' || options.purpose === 'look' ? chooseFreely(options) : findStack(options);
    default:
      return unreachable(options.wanted);
  }
};

const chooseEmbedded = async <C>({ purpose, knowsDocker, docker }: ChooseOptions<C>): Promise<Result<Choice<C>>> => {
  if (purpose !== 'find' && knowsDocker) {
    const found = await lookAt(docker);
    if (found.ok && found.value.stack === 'running') return isUpOn('Docker', 'docker');
  }
  return ok({ kind: 'embedded', reason: 'as asked for', isFallback: false });
};

const chooseDocker = async <C>({ purpose, embedded, docker }: ChooseOptions<C>): Promise<Result<Choice<C>>> => {
  if (purpose !== 'find' && embedded === 'running') return isUpOn('the embedded engine', 'embedded');
  const found = await docker.probe();
  // Images that are missing are made, or cannot be had, in the steps of the run.
  return found.ok ? ok({ kind: 'docker', reason: found.value.name, connection: found.value.connection }) : found;
};

/** Two stacks of one folder would share its secrets and want the same ports, and the reader would look at the wrong data. */
const isUpOn = (where: string, engine: string) =>
  fail('other-engine-runs', `the stack of this state folder is up on ${where}`, {
    fix: `Take it down first with \`passthru down --engine ${engine}\`, or use another --state-dir and other ports.`,
  });

const REASONS: Readonly<Record<StackState, string>> = {
  running: 'the stack of this state folder runs there',
  ended: 'the stack of this state folder was there last',
  none: 'no stack was started in this state folder',
};

/** The embedded engine, for a stack that is there, or was, or is nowhere. */
const kept = (embedded: StackState, last: Engine['kind'] | null) =>
  ok({ kind: 'embedded', reason: REASONS[embedded === 'none' && last === 'embedded' ? 'ended' : embedded], isFallback: false } as const);

const chooseFreely = async <C>({ embedded, last, knowsDocker, docker }: ChooseOptions<C>): Promise<Result<Choice<C>>> => {
  if (embedded === 'running') return kept(embedded, last);
  const wasEmbedded = last === 'embedded' || (last === null && embedded === 'ended');
  if (wasEmbedded && !knowsDocker) return kept(embedded, last);
  const found = knowsDocker ? await lookAt(docker) : await docker.probe();
  if (!found.ok) return last === 'embedded' ? kept(embedded, last) : ok(fallback(found.error));
  const { connection, name } = found.value;
  if ('stack' in found.value && found.value.stack === 'running') return ok({ kind: 'docker', reason: name, connection });
  if (wasEmbedded) return kept(embedded, last);
  const images = await docker.images(connection);
  return ok(images.ok ? { kind: 'docker', reason: name, connection } : fallback(images.error));
};

/** The embedded engine in place of Docker, with all that the failure says, on one line. */
const fallback = ({ message }: Failure) => ({ kind: 'embedded', reason: message.replaceAll(/\s+/g, ' '), isFallback: true }) as const;

const findStack = async <C>({ embedded, last, knowsDocker, docker }: ChooseOptions<C>): Promise<Result<Choice<C>>> => {
  if (embedded === 'running' || !knowsDocker) return kept(embedded, last);
  const found = await lookAt(docker);
  const wasEmbedded = last === 'embedded' || (last === null && embedded !== 'none');
  // Nobody can tell whether the stack on Docker runs: to say that nothing does could be wrong.
  if (!found.ok) return wasEmbedded ? kept(embedded, last) : found;
  const { connection, name, stack } = found.value;
  return stack === 'running' || !wasEmbedded ? ok({ kind: 'docker', reason: name, connection }) : kept(embedded, last);
};

/** An engine that answers, and the state of this folder's stack on it. */
const lookAt = async <C>(docker: DockerCandidate<C>) => {
  const found = await docker.probe();
  if (!found.ok) return found;
  const stack = await docker.stack(found.value.connection);
  return stack.ok ? ok({ ...found.value, stack: stack.value }) : stack;
};
