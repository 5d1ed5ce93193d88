import { readFile } from 'node:fs/promises';

/** A comment that names a file, and the fence behind it. */
const PLACE = /(<!-- (samples\/[\w./-]+) -->\n```\w+\n)[^]*?^```$/gm;

/**
 * A page with the text of each sample that a comment names (`<!-- samples/app.py -->`) in the fence behind that comment: what a reader
 * sees is the file that runs.
 *
 * @param at where the page is; the names are read against it
 */
export const withSamples = async (page: string, at: URL): Promise<string> => {
  const names = [...page.matchAll(PLACE)].map(([, , name = '']) => name);
  const texts = new Map(await Promise.all(names.map(async (name) => [name, await readFile(new URL(name, at), 'utf8')] as const)));
  return page.replace(PLACE, (_, opening: string, name: string) => `${opening}${texts.get(name) ?? ''}\`\`\``);
};
