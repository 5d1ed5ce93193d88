import { thrownMessage } from '#infra/apperr/thrown-words.ts';
import { readFile } from 'node:fs/promises';
import { STATUS_CODES } from 'node:http';
import type { AppError } from '#infra/apperr/app-error.ts';
import { jsonObject } from '#infra/json/json-object.ts';
import { askOnce, type OneAnswer } from '#infra/http/client/ask-once.ts';
import { clientTlsOptions } from '#infra/tls/options.ts';
import type { CommandCall } from '#cli/command-line/command.ts';
import { EXIT, type ExitCode } from '#cli/process/exit-codes.ts';
import type { HEALTH_FLAGS } from '#cli/settings/command-flags.ts';
import { readFlags } from '#cli/settings/read-rows.ts';
import type { ValuesOf } from '#cli/settings/setting.ts';
import { usageError } from '#cli/settings/usage-error.ts';

// A container platform runs this every second while the service itself starts, so it loads nothing that it can do without.

/** Names of PEM files: the authority to trust, and no other; a client certificate and its key, both or none. */
type PemFiles = Omit<ValuesOf<typeof HEALTH_FLAGS>, 'timeout'>;

/** Characters of the line that is printed. */
const MAX_LINE = 500;

/**
 * `passthru health`: asks one https URL over verified TLS 1.3. Exit code 0 when it answers 200, else 1, and either way one line
 * on stdout that says why; the platform keeps it as the output of its probe.
 *
 * @throws AppError `usage`
 */
export const health = async (call: CommandCall<string, typeof HEALTH_FLAGS>): Promise<ExitCode> => {
  const { argument, flags, stated, process } = call;
  const { timeout: timeoutMs, ...files } = readFlags(flags, stated, process.cwd);
  const { healthy, line } = await look(checkedUrl(argument), checkedFiles(files), timeoutMs);
  process.out.write(`${oneLine(line)}\n`);
  return healthy ? EXIT.passed : EXIT.partial;
};

const look = async (url: URL, files: PemFiles, timeoutMs: number): Promise<{ healthy: boolean; line: string }> => {
  const started = performance.now();
  try {
    const answer = await askOnce({ url, tls: clientTlsOptions(await readPems(files)), timeoutMs });
    if (answer.status !== 200) return { healthy: false, line: `${url.href} answers ${answer.status}: ${reasonOf(answer)}` };
    return { healthy: true, line: `ready: ${url.href} answers 200 after ${Math.round(performance.now() - started)} ms` };
  } catch (error) {
    return { healthy: false, line: thrownMessage(error) };
  }
};

const readPems = async ({ ca, cert, key }: PemFiles) => {
  if (cert === undefined || key === undefined) return { ca: await readPem('ca', ca) };
  const [trusted, certificate, privateKey] = await Promise.all([readPem('ca', ca), readPem('cert', cert), readPem('key', key)]);
  return { ca: trusted, cert: certificate, key: privateKey };
};

const readPem = (flag: string, file: string): Promise<string> =>
  readFile(file, 'utf8').catch((cause: Error) => {
    throw new Error(`the file of --${flag} cannot be read: ${cause.message}`, { cause });
  });

/** The reason that Problem Details give, else what the status means. @see RFC 9457 */
const reasonOf = ({ status, text }: OneAnswer): string => {
  const unknown = STATUS_CODES[status] ?? 'no reason given';
  // Something else than Problem Details comes from no service of ours: its status says all.
  const { reason, detail, title } = jsonObject(text) ?? {};
  return [reason, detail, title].find((each) => typeof each === 'string') ?? unknown;
};

/** Text from the network must not move the cursor, nor make two lines of one. */
const oneLine = (text: string): string => {
  const line = text.replaceAll(/[\p{Cc}\p{Cf}\s]+/gu, ' ').trim();
  return line.length > MAX_LINE ? `${line.slice(0, MAX_LINE - 1)}…` : line;
};

const checkedUrl = (text: string): URL => {
  const url = URL.parse(text);
  if (url === null) throw misuse('<url>', 'is not a URL', 'Write it whole, for example https://localhost:8081/readyz.');
  if (url.protocol !== 'https:') throw misuse('<url>', `must be https, not ${url.protocol.slice(0, -1)}`, 'Write https://….');
  if (url.username === '' && url.password === '') return url;
  throw misuse('<url>', 'holds a credential', 'Leave it out; --cert takes a certificate.');
};

const checkedFiles = (files: PemFiles): PemFiles => {
  const { cert, key } = files;
  if ((cert === undefined) === (key === undefined)) return files;
  const [missing, given] = cert === undefined ? ['--cert', '--key'] : ['--key', '--cert'];
  throw misuse(missing, `is missing beside ${given}`, 'Give --cert and --key together, or neither.');
};

const misuse = (field: string, message: string, fix: string): AppError =>
  usageError(`${field} ${message}`, { fields: [{ field, message, fix }], fix });
