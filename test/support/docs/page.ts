import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT } from '../engine.ts';

/**
 * What a fenced block of a page is, by the words after its opening fence:
 *
 *     ```sh                     commands, which a test runs as they are printed; so is a block without any word
 *     ```sh not run: <reason>   commands that no test can run, and why
 *     ```text answer            the answer to the commands before it; `…` stands for anything
 *     ```yaml, ```text, …       a text that nobody runs
 */
export type FenceKind = 'commands' | 'not-run' | 'answer' | 'text';

export interface Fence {
  readonly kind: FenceKind;
  /** The first word after the opening fence; may be empty. */
  readonly language: string;
  /** Line of the page on which the opening fence stands, from 1. */
  readonly line: number;
  readonly text: string;
  /** Of a block that is not run; empty elsewhere. */
  readonly reason: string;
}

export interface Page {
  /** Path below the checkout. */
  readonly file: string;
  readonly fences: readonly Fence[];
}

const SHELLS = ['', 'sh', 'bash', 'shell', 'console'];
const NOT_RUN = 'not run:';

const kindOf = (language: string, note: string): FenceKind => {
  if (!SHELLS.includes(language)) return note === 'answer' ? 'answer' : 'text';
  return note.startsWith(NOT_RUN) ? 'not-run' : 'commands';
};

/** The fenced blocks of a Markdown text, in order. @throws TypeError for a block that is not closed */
export const parsePage = (file: string, markdown: string): Page => {
  const lines = markdown.split('\n');
  const fences: Fence[] = [];
  for (let at = 0; at < lines.length; at += 1) {
    const info = /^ *```(.*)$/.exec(lines[at] ?? '')?.[1];
    if (info === undefined) continue;
    const end = lines.findIndex((line, index) => index > at && /^ *```$/.test(line));
    if (end === -1) throw new TypeError(`${file}:${at + 1}: this block has no end`);
    const [language = '', ...words] = info.trim().split(/\s+/);
    const note = words.join(' ');
    const kind = kindOf(language, note);
    const text = lines.slice(at + 1, end).join('\n');
    fences.push({ kind, language, line: at + 1, text, reason: kind === 'not-run' ? note.slice(NOT_RUN.length).trim() : '' });
    at = end;
  }
  return { file, fences };
};

/** @param file below the checkout, for example `docs/demo-kms.md` */
export const readPage = async (file: string): Promise<Page> => parsePage(file, await readFile(join(ROOT, file), 'utf8'));
