import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { capitalized } from '#infra/lines/capitalized.ts';
import type { CliProcess, InputStream } from '#cli/process/cli-process.ts';
import { usageError } from '#cli/settings/usage-error.ts';

/** In place of the name of a file: stdin. */
const STDIN = '-';
/** More is no password, in bytes. */
const MAX_BYTES = 4_096;

/** A new password is typed twice; an unseal share is there already, and once is enough. */
type Secret = 'password' | 'hash' | 'unseal share';

/**
 * A password that its owner, or a file of his, knows before anything is asked for: a command whose answer was lost is given again with
 * the same one. It never stands on the command line, which every user of the machine can read.
 *
 * @param options.file name of the file, `-` for stdin; undefined asks on a terminal
 * @param options.flag that names the file, for errors
 * @param options.of whose password it is
 * @param options.what stands in the file; a password where absent
 * @throws AppError `usage`
 */
export const readPassword = async (options: {
  readonly file: string | undefined;
  readonly flag: string;
  readonly of: string;
  readonly what?: Secret;
  readonly process: Pick<CliProcess, 'cwd' | 'stdin' | 'err'>;
}): Promise<string> => {
  const { file, flag, of, what = 'password', process } = options;
  if (file === undefined) return askFor(of, { flag, what, process });
  const text = file === STDIN ? await readAll(process.stdin(), what) : await readText(resolve(process.cwd, file), { file, flag, what });
  const password = text.replace(/\r?\n$/, '');
  const wrong = password === '' ? 'is empty' : /[\r\n]/.test(password) ? 'has more than one line' : null;
  if (wrong === null) return password;
  throw usageError(`the ${what} of ${flag} ${wrong}`, { fix: `Write the ${what} into one line, and nothing else.` });
};

/** What an error calls a password that was read so. */
export const originOfPassword = (flag: string, file: string | undefined): string =>
  file === undefined ? 'the password' : `the password of ${flag}`;

const readText = (
  path: string,
  { file, flag, what }: { readonly file: string; readonly flag: string; readonly what: Secret },
): Promise<string> =>
  readFile(path, 'utf8').then(
    (text) => within(Buffer.byteLength(text), { flag, what, text }),
    (cause: Error) => {
      throw usageError(`the file ${file} of ${flag} cannot be read: ${cause.message}`, {
        fix: `Name a file that you may read, or - for stdin.`,
      });
    },
  );

const within = (bytes: number, { flag, what, text }: { readonly flag: string; readonly what: Secret; readonly text: string }): string => {
  if (bytes > MAX_BYTES)
    throw usageError(`the ${what} of ${flag} is longer than ${MAX_BYTES} bytes`, { fix: `Name a file with the ${what} alone.` });
  return text;
};

const readAll = async (stdin: InputStream, what: Secret): Promise<string> => {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stdin.iterator({ destroyOnReturn: false })) {
    chunks.push(Buffer.from(chunk));
    bytes += chunks.at(-1)?.length ?? 0;
    if (bytes > MAX_BYTES) break;
  }
  stdin.pause();
  return within(bytes, { flag: 'stdin', what, text: Buffer.concat(chunks).toString('utf8') });
};

const askFor = async (
  of: string,
  {
    flag,
    what,
    process: { stdin, err },
  }: { readonly flag: string; readonly what: Secret; readonly process: Pick<CliProcess, 'stdin' | 'err'> },
): Promise<string> => {
  const input = stdin();
  if (input.isTTY !== true || input.setRawMode === undefined) {
    throw usageError(`${flag} is missing, and there is no terminal to ask for ${what === 'password' ? 'a' : 'an'} ${what}`, {
      fields: [{ field: flag, message: 'is missing', fix: `Name a file with the ${what}, or - for stdin.` }],
      fix: `Name a file with the ${what} by ${flag}, or - for stdin.`,
    });
  }
  input.setRawMode(true);
  try {
    const asked = `${capitalized(what)} of ${of}: `;
    const [typed, again = typed] = await typedLines(input, {
      err,
      what,
      labels: what === 'password' ? [asked, 'The same again: '] : [asked],
    });
    if (typed === undefined || typed === '') throw usageError(`the ${what} is empty`, { fix: `Type the ${what}.` });
    if (typed !== again) throw usageError('the two passwords differ', { fix: 'Type the same password twice.' });
    return typed;
  } finally {
    input.setRawMode(false);
    input.pause();
  }
};

const [ENTER, NEWLINE, INTERRUPT, END, BACKSPACE, DELETE] = ['\r', '\n', '\u0003', '\u0004', '\b', '\u007F'];

/** Lines that are typed and not shown, one for each label. */
const typedLines = async (
  input: InputStream,
  { err, what, labels }: { readonly err: CliProcess['err']; readonly what: Secret; readonly labels: readonly string[] },
): Promise<readonly string[]> => {
  const lines: string[] = [];
  let typed: string[] = [];
  err.write(labels[0] ?? '');
  const decoder = new TextDecoder();
  for await (const chunk of input.iterator({ destroyOnReturn: false })) {
    for (const character of decoder.decode(Buffer.from(chunk), { stream: true })) {
      if (character === INTERRUPT || character === END) {
        err.write('\n');
        throw usageError(`no ${what} was typed`, { fix: 'Give the command again; nothing was changed.' });
      }
      if (character === BACKSPACE || character === DELETE) typed = typed.slice(0, -1);
      else if (character !== ENTER && character !== NEWLINE) typed.push(character);
      else {
        lines.push(typed.join(''));
        typed = [];
        err.write(`\n${labels[lines.length] ?? ''}`);
        if (lines.length === labels.length) return lines;
      }
    }
  }
  return lines;
};
