import { thrownWords } from '#infra/apperr/thrown-words.ts';
import { AppError } from '#infra/apperr/app-error.ts';
import { fail, type Result } from '#infra/apperr/result.ts';
import { PORT_TAKEN_FIX } from '../../ports.ts';
import type { DockerConnection } from './docker-connection.ts';

/** The last line of a program that failed, or else the reason why it could not be run. */
export const lastLineOf = (error: unknown): string => {
  const { stderr, message, killed, signal } = (error ?? {}) as {
    stderr?: unknown;
    message?: string;
    killed?: boolean;
    signal?: string | null;
  };
  const said = typeof stderr === 'string' ? stderr.trim().split('\n').at(-1) : '';
  if (said !== undefined && said !== '') return said;
  return killed === true ? `it gave no answer in time (${signal ?? 'killed'})` : message || thrownWords(error);
};

interface Known {
  readonly pattern: RegExp;
  readonly code: string;
  readonly message: string;
  readonly fix: string;
}

const NOT_RUNNING = {
  code: 'docker-not-running',
  message: 'the Docker engine does not answer',
  fix: 'Start Docker, then run the command again: it goes on from what is there.',
};

const UNREACHABLE = {
  code: 'registry-unreachable',
  message: 'a registry cannot be reached',
  fix: 'Go online once, so that the images can be downloaded; later runs need no network.',
};

/** A connection that broke: of ours it is the one to the engine, in a build or a pull one to a registry. */
const BROKEN = /connect (ECONNREFUSED|ENOENT)|read ECONNRESET|write EPIPE|socket hang up/i;

/** Messages of engines and Compose about troubles that are not ours, each with its remedy. */
const KNOWN: readonly Known[] = [
  {
    pattern: /permission denied while trying to connect|connect EACCES/i,
    code: 'docker-permission-denied',
    message: 'this user may not speak to the Docker engine',
    fix: 'Add the user to the group of the socket (`docker`), log in again, or use a rootless engine.',
  },
  {
    pattern: /cannot connect to the docker daemon/i,
    ...NOT_RUNNING,
  },
  {
    pattern: /no space left on device|ENOSPC|disk quota exceeded/i,
    code: 'docker-disk-full',
    message: 'the disk of the Docker engine is full',
    fix: 'Free space there (`docker system df` shows what takes it), then run the command again.',
  },
  {
    pattern: /predefined address pools have been fully subnetted|could not find an available.*address pool/i,
    code: 'docker-address-pools',
    message: 'the Docker engine has no address pool left for another network',
    fix: 'Remove networks that nobody uses (`docker network ls`, `docker network rm …`), or widen `default-address-pools` of the engine.',
  },
  {
    pattern: /toomanyrequests|429 Too Many Requests|rate limit/i,
    code: 'registry-rate-limit',
    message: 'the registry refuses further pulls for now',
    fix: 'Wait, or log in with `docker login`; images that are there already need no pull.',
  },
  {
    pattern: /proxyconnect|407 Proxy Authentication/i,
    code: 'registry-proxy',
    message: 'the proxy in front of the registry refuses',
    fix: 'Correct the proxy settings of the Docker engine.',
  },
  {
    pattern: /x509:|certificate signed by unknown authority/i,
    code: 'registry-certificate',
    message: 'a registry shows a certificate that is not trusted',
    fix: 'A network that intercepts TLS needs its CA: trust it in the Docker engine.',
  },
  {
    pattern: /no such host|network is unreachable|TLS handshake timeout|i\/o timeout|connection timed out|dial tcp/i,
    ...UNREACHABLE,
  },
  {
    pattern: /manifest unknown|manifest for .* not found|pull access denied|repository does not exist/i,
    code: 'image-not-found',
    message: 'a registry does not have the image',
    fix: 'Check the registry mirror of the Docker engine.',
  },
  {
    pattern: /no such image|image .* (not found|is not present)/i,
    code: 'image-gone',
    message: 'an image that was there has been removed',
    fix: 'Run the command again: it builds or pulls what is missing.',
  },
  {
    pattern: /port is already allocated|address already in use|ports are not available/i,
    code: 'port-taken',
    message: 'somebody else took a port',
    fix: PORT_TAKEN_FIX,
  },
];

/** Makes a Failure of Docker's text. It quotes the text; where the trouble is known, it names it and its fix. */
export const dockerFailure = (options: {
  code: string;
  what: string;
  text: string;
  fix?: string;
  /** The other end of a connection that broke; the engine when not given. */
  peer?: 'engine' | 'registry';
}) => {
  const { code, what, text, fix = '', peer = 'engine' } = options;
  const broken = peer === 'engine' ? NOT_RUNNING : UNREACHABLE;
  const known = KNOWN.find(({ pattern }) => pattern.test(text)) ?? (BROKEN.test(text) ? broken : undefined);
  if (known === undefined) return fail(code, `${what}: ${text}`, { fix });
  return fail(known.code, `${what}: ${known.message} (${text})`, { fix: known.fix });
};

/** For `.catch` of the first question to an engine: nothing was ever seen of the project, and now the engine does not answer. */
export const throwUnanswered =
  ({ name }: Pick<DockerConnection, 'name'>) =>
  (error: unknown): never => {
    const { error: why } = dockerFailure({
      code: 'docker-not-running',
      what: `the Docker engine (${name}) cannot be asked`,
      text: lastLineOf(error),
    });
    throw new AppError(why.code, 503, why.message, { fix: why.fix, cause: error });
  };

const LOOK = 'Look at `docker ps --all` and the log of the Docker engine, then run the command again.';

/** The result of work with Docker; what it throws becomes a Failure that says what could not be done, and the fix. */
export const attemptDocker = async <T>(code: string, what: string, work: () => Promise<Result<T>>): Promise<Result<T>> => {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Error && error.name === 'AbortError') return fail('interrupted', `interrupted: ${what} did not end`);
    if (error instanceof AppError) return fail(error.code, `${what} failed: ${error.message}`, { fix: error.fix ?? LOOK });
    return dockerFailure({ code, what: `${what} failed`, text: lastLineOf(error), fix: LOOK });
  }
};
