import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Fence, Page } from './page.ts';

export interface Reader {
  /** Folder in which the reader stands. */
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  /**
   * Ports of this run by those that the page prints. `localhost:8081` becomes `localhost:<port>`, in commands and in answers; nothing
   * else of the page is changed.
   */
  readonly ports: Readonly<Record<number, number>>;
}

/** Starts a line of the script's own among what commands print. */
const MARK = '\u001E';

/**
 * The page as a script: each command stands on the line on which the page has it, so that bash itself tells the line of the page, and
 * every other line is empty or a mark. The first line, which is the title of the page, ends the script at the first failure.
 */
const scriptOf = ({ fences }: Page): string => {
  const lines: string[] = [`set -uo pipefail; trap 'printf "${MARK}failed %s %s\\n" "$LINENO" "$?"; exit 1' ERR`];
  const put = (line: number, text: string): void => {
    while (lines.length < line - 1) lines.push('');
    lines.push(...text.split('\n'));
  };
  for (const { kind, line, text } of fences) {
    if (kind !== 'commands') continue;
    put(line, `printf '${MARK}begin %s\\n' ${line}`);
    put(line + 1, text);
  }
  return `${lines.join('\n')}\nprintf '${MARK}end\\n'\n`;
};

/**
 * Runs all commands of a page in one shell, as a reader would paste them, and compares the answers that the page shows.
 *
 * @returns what is wrong, each with page and line: a command that failed (those after it were not run), an answer that is another one,
 * and a refusal (an answer with Problem Details) that the page does not show
 */
export const runPage = async (page: Page, reader: Reader): Promise<readonly string[]> => {
  const here = (text: string): string =>
    Object.entries(reader.ports).reduce(
      (changed, [printed, port]) => changed.replaceAll(`localhost:${printed}`, `localhost:${port}`),
      text,
    );
  const script = join(reader.folder, 'page.bash');
  await writeFile(script, here(scriptOf(page)));
  const child = spawn('bash', [script], { cwd: reader.folder, env: reader.env, stdio: ['ignore', 'pipe', 'pipe'] });
  let [printed, complained] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (printed += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complained += text));
  await once(child, 'close');
  await rm(script);

  const said = new Map<number, string>();
  for (const part of printed.split(MARK).slice(1)) {
    const [, mark = '', line = '', output = ''] = /^(\w+) ?(\d*)[^\n]*\n([^]*)$/.exec(part) ?? [];
    if (mark === 'begin') said.set(Number(line), output);
    if (mark === 'failed') return [`${page.file}:${line}: this command failed\n${[...said.values()].at(-1)}\n${complained}`];
  }
  // Where bash gives up (a text that is no command, a variable that was not set), it tells the line by itself.
  if (!printed.endsWith(`${MARK}end\n`)) return [`${complained}\n${printed}`.replaceAll(`${script}: line `, `${page.file}:`)];

  return page.fences.flatMap((fence, index) => {
    const answer = page.fences[index + 1];
    if (fence.kind !== 'commands') return [];
    const output = said.get(fence.line) ?? '';
    return answer?.kind === 'answer' ? otherAnswer(page, { ...answer, text: here(answer.text) }, output) : refusal(page, fence, output);
  });
};

const withoutSpace = (text: string): string => text.replaceAll(/\s+/g, '');

/** Spaces and line breaks do not count: a page breaks a long answer where it reads well. */
const otherAnswer = (page: Page, { line, text }: Fence, output: string): readonly string[] => {
  const pattern = withoutSpace(text)
    .split('…')
    .map((part) => RegExp.escape(part))
    .join('.*');
  if (new RegExp(`^${pattern}$`, 's').test(withoutSpace(output))) return [];
  return [`${page.file}:${line}: the page shows\n${text}\nand the commands before it answered\n${output}`];
};

const refusal = (page: Page, { line }: Fence, output: string): readonly string[] =>
  /"status":\s*[45]\d\d\b/.test(output) ? [`${page.file}:${line}: refused, which the page does not show\n${output}`] : [];
