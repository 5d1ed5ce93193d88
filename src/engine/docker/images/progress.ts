import { jsonObject } from '#infra/json/json-object.ts';
/** Longest clause of progress, in characters. */
const WIDTH = 70;

/**
 * Tells what a build does out of the lines of BuildKit's plain progress, such as `#6 [kms 5/7] COPY bundle/kms bundle/cli`:
 * one clause for each step of a Dockerfile that is really done, none for what is cached or internal.
 */
export const buildProgress = (tell: (text: string) => void): ((line: string) => void) => {
  let last = '';
  return (line) => {
    const [, where, what] = /^#\d+ \[([^\]]+)\] (.+)$/.exec(line) ?? [];
    if (where === undefined || what === undefined || where.includes('internal')) return;
    const text = cut(`building images: ${where} ${what.replace(/ --mount=\S+/g, '')}`);
    if (text !== last) tell(text);
    last = text;
  };
};

interface PullLine {
  readonly id?: string;
  readonly text?: string;
  readonly status?: string;
  readonly percent?: number;
  readonly error?: boolean;
  readonly message?: string;
}

/** Tells what a pull does out of Compose's JSON progress: `{"id":"kms-postgres","text":"Pulling"}`. */
export const pullProgress = (tell: (text: string) => void): ((line: string) => void) => {
  let last = '';
  return (line) => {
    const { id = '', text = '', percent } = parse(line);
    if (text === '') return;
    const said = cut(`pulling images: ${id} ${text.toLowerCase()}${percent === undefined ? '' : ` ${percent} %`}`);
    if (said !== last) tell(said);
    last = said;
  };
};

/** Compose also says warnings in plain text: they are no progress. */
const parse = (line: string): PullLine => jsonObject(line) ?? {};

const cut = (text: string): string => (text.length > WIDTH ? `${text.slice(0, WIDTH - 1)}…` : text);

const FAILURE_LINES = 5;

/**
 * Why a build or pull failed: BuildKit repeats the last output of the step that failed; of a step without any, such as a COPY, it
 * names the error behind an excerpt of the Dockerfile; else what was said last.
 */
export const lastWords = (lines: readonly string[]): string => {
  const begin = lines.findLastIndex((line) => line.startsWith(' > ['));
  const output = begin === -1 ? [] : lines.slice(begin + 1);
  const end = output.findIndex((line) => /^-+$/.test(line));
  const step = (end === -1 ? output : output.slice(0, end)).map((line) => line.replace(/^\d+\.\d+ /, ''));
  const errors = lines
    .map((line) => parse(line))
    .flatMap(({ error, message }) => (error === true && message !== undefined ? [message] : []));
  const unsolved = lines.flatMap((line) => /failed to solve: (.+)$/.exec(line)?.[1] ?? []).slice(-1);
  const said = [[...step.slice(-FAILURE_LINES), ...errors], unsolved].map(telling).find((each) => each.length > 0);
  return (said ?? telling(lines.slice(-FAILURE_LINES))).join(' | ');
};

/** The name of the image whose build failed, as BuildKit tells it: `target kms: failed to solve: …`, ` > [kms system 2/3] …`. */
export const failedImage = (lines: readonly string[]): string | null => {
  for (const line of lines.toReversed()) {
    const name = /^target ([\w-]+): failed to solve/.exec(line)?.[1] ?? /^ > \[([\w-]+) /.exec(line)?.[1];
    if (name !== undefined) return name;
  }
  return null;
};

/** Lines that say something, trimmed. */
const telling = (lines: readonly string[]): readonly string[] =>
  lines.map((line) => line.trim()).filter((line) => line !== '' && !/^-+$/.test(line));
