import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);
const ANSWER_LIMIT_MS = 15_000;
/** A pull that takes longer than this is of no use to a test. */
const PULL_LIMIT_MS = 300_000;

const lastLine = (error: unknown): string => {
  const { stderr = '', message = String(error), killed = false } = error as { stderr?: string; message?: string; killed?: boolean };
  if (killed) return 'no answer in time';
  return stderr.trim().split('\n').at(-1) || message;
};

/** Runs a docker command. The answer is its last line when it fails, and null when it does not. */
const failureOf = async (args: readonly string[], limitMs: number): Promise<string | null> =>
  run('docker', args, { timeout: limitMs }).then(
    () => null,
    (error: unknown) => `docker ${args.join(' ')}: ${lastLine(error)} (limit ${limitMs} ms)`,
  );

/** False, with the reason printed; in CI nothing that tests need may be missing. */
const missing = (what: string, reason: string): false => {
  if (process.env['CI'] === 'true') throw new Error(`CI must have ${what}: ${reason}`);
  process.stderr.write(`tests that need ${what} are left out: ${reason}\n`);
  return false;
};

/** Why no Docker engine with Compose answers on the current context, or null when one does. */
export const engineProblem = async (): Promise<string | null> =>
  (await failureOf(['version', '--format', '{{.Server.Version}}'], ANSWER_LIMIT_MS)) ??
  failureOf(['compose', 'version', '--short'], ANSWER_LIMIT_MS);

const askEngine = async (): Promise<boolean> => {
  const reason = await engineProblem();
  return reason === null || missing('a Docker engine with Compose', reason);
};

let answered: Promise<boolean> | undefined;

/**
 * Whether a Docker engine with Compose answers on the current context: `describe.runIf(await dockerEngine())`.
 * Asked once per test file; says why not on stderr.
 *
 * @throws in CI when there is none
 */
export const dockerEngine = (): Promise<boolean> => (answered ??= askEngine());

/** Address of the engine on the current context, for libraries that know no contexts; null where Docker's own default will do. */
export const engineAddress = async (): Promise<string | null> => {
  if (process.env['DOCKER_HOST'] !== undefined) return null;
  const { stdout } = await run('docker', ['context', 'inspect', '--format', '{{.Endpoints.docker.Host}}'], { timeout: ANSWER_LIMIT_MS });
  return stdout.trim() || null;
};

/** Why an image is neither on the engine nor to be pulled, or null when it is there now. */
export const imageProblem = async (image: string): Promise<string | null> => {
  if ((await failureOf(['image', 'inspect', image], ANSWER_LIMIT_MS)) === null) return null;
  return failureOf(['pull', '--quiet', image], PULL_LIMIT_MS);
};

/**
 * Whether an engine answers and every one of these images is there or can be pulled.
 *
 * @throws in CI when not
 */
export const dockerImages = async (...images: readonly string[]): Promise<boolean> => {
  if (!(await dockerEngine())) return false;
  for (const image of images) {
    const problem = await imageProblem(image);
    if (problem !== null) return missing(`the image ${image}`, problem);
  }
  return true;
};
