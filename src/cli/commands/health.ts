import { readFile } from 'node:fs/promises';
import { STATUS_CODES } from 'node:http';
import { jsonObject } from '#infra/config/json-object.ts';
import type { AppError } from '#infra/apperr/app-error.ts';
import { askOnce, type OneAnswer } from '#infra/http/ask-once.ts';
import { clientTlsOptions } from '#infra/tls/options.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { usageError } from '#cli/options/usage-error.ts';
import type { Surroundings } from '../surroundings.ts';

// A container platform runs this every second while the service itself starts, so it loads nothing that it can do without.

interface ProbeFiles {
  /** PEM file of the authority to trust, and of no other. */
  readonly ca: string;
  /** PEM files of a client certificate and its key: both or none. */
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

export interface HealthOptions extends ProbeFiles {
  readonly url: string;
  /** For everything together, in milliseconds, default 3,000. */
  readonly timeoutMs?: number;
  readonly surroundings: Pick<Surroundings, 'out' | 'err' | 'env' | 'now'>;
}

const TIMEOUT_MS = 3_000;
/** Characters of the line that is printed. */
const MAX_LINE = 500;

/**
 * `passthru health`: asks one https URL over verified TLS 1.3. Exit code 0 when it answers 200, else 1, and either way one line
 * on stdout that says why; the platform keeps it as the output of its probe.
 */
export const health = async (options: HealthOptions): Promise<ExitCode> => {
  const { surroundings, timeoutMs = TIMEOUT_MS } = options;
  const wrong = misuseOf(options);
  if (wrong !== null) return tellMisuse(wrong, surroundings);
  const { healthy, line } = await look(new URL(options.url), options, timeoutMs);
  surroundings.out.write(`${oneLine(line)}\n`);
  return healthy ? EXIT.passed : EXIT.partial;
};

const look = async (url: URL, files: ProbeFiles, timeoutMs: number): Promise<{ healthy: boolean; line: string }> => {
  const started = performance.now();
  try {
    const answer = await askOnce({ url, tls: clientTlsOptions(await readPems(files)), timeoutMs });
    if (answer.status !== 200) return { healthy: false, line: `${url.href} answers ${answer.status}: ${reasonOf(answer)}` };
    return { healthy: true, line: `ready: ${url.href} answers 200 after ${Math.round(performance.now() - started)} ms` };
  } catch (error) {
    return { healthy: false, line: error instanceof Error ? error.message : String(error) };
  }
};

const readPems = async ({ ca, cert, key }: ProbeFiles) => {
  if (cert === undefined || key === undefined) return { ca: await readPem('ca', ca) };
  const [trusted, certificate, privateKey] = await Promise.all([readPem('ca', ca), readPem('cert', cert), readPem('key', key)]);
  return { ca: trusted, cert: certificate, key: privateKey };
};

const readPem = (flag: string, file: string): Promise<string> =>
  readFile(file, 'utf8').catch((cause: Error) => {
    throw new Error(`the file of --${flag} cannot be read: ${cause.message}`, { cause });
  });

/** What Problem Details give as the reason, else what the status means. @see RFC 9457 */
const reasonOf = ({ status, text }: OneAnswer): string => {
  const unknown = STATUS_CODES[status] ?? 'no reason given';
  // Whatever answers there with something else, it is no service of ours; its status says all.
  const { reason, detail, title } = jsonObject(text) ?? {};
  return [reason, detail, title].find((each) => typeof each === 'string') ?? unknown;
};

/** What came over the network must not move the cursor, nor make two lines of one. */
const oneLine = (text: string): string => {
  const line = text.replaceAll(/[\p{Cc}\p{Cf}\s]+/gu, ' ').trim();
  return line.length > MAX_LINE ? `${line.slice(0, MAX_LINE - 1)}…` : line;
};

const misuseOf = ({ url: text, cert, key }: HealthOptions): AppError | null => {
  const url = URL.parse(text);
  if (url === null) return misuse('<url>', 'is not a URL', 'Write it whole, for example https://localhost:8081/readyz.');
  if (url.protocol !== 'https:') return misuse('<url>', `must be https, not ${url.protocol.slice(0, -1)}`, 'Write https://….');
  if (url.username !== '' || url.password !== '') return misuse('<url>', 'holds a credential', 'Leave it out; --cert takes a certificate.');
  if ((cert === undefined) === (key === undefined)) return null;
  const [missing, given] = cert === undefined ? ['--cert', '--key'] : ['--key', '--cert'];
  return misuse(missing, `is missing beside ${given}`, 'Give --cert and --key together, or neither.');
};

const misuse = (field: string, message: string, fix: string): AppError =>
  usageError(`${field} ${message}`, { fields: [{ field, message, fix }], fix });

/** Loads what it takes to tell of a wrong command line only when there is one. */
const tellMisuse = async (wrong: AppError, { out, err, env, now }: HealthOptions['surroundings']): Promise<ExitCode> => {
  const { failureFrom } = await import('#infra/apperr/result.ts');
  const { tellFailure } = await import('#cli/reporters/answer.ts');
  const { createTerminal } = await import('#cli/reporters/terminal/terminal.ts');
  const terminal = createTerminal({ out, err, env });
  tellFailure(
    { command: 'health', failure: failureFrom(wrong), fields: wrong.fields, exitCode: EXIT.usage },
    { terminal, output: 'human', now },
  );
  return EXIT.usage;
};
