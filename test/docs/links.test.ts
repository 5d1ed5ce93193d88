import { existsSync, globSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { ROOT } from '#test/support/engine.ts';

const PAGES = globSync(['*.md', 'docs/**/*.md'], { cwd: ROOT }).toSorted();

const read = (file: string): Promise<string> => readFile(join(ROOT, file), 'utf8');

/** The names by which GitHub links to the headings of a page; a heading that comes again gets `-1`, and so on. */
const anchorsOf = (markdown: string): ReadonlySet<string> => {
  const anchors = new Set<string>();
  for (const [, heading = ''] of markdown.replaceAll(/^```[^]*?^```$/gm, '').matchAll(/^#+ (.+)$/gm)) {
    const text = heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
    const slug = text.replaceAll(/[^\p{L}\p{N}\s_-]/gu, '').replaceAll(' ', '-');
    let anchor = slug;
    for (let again = 1; anchors.has(anchor); again += 1) anchor = `${slug}-${again}`;
    anchors.add(anchor);
  }
  return anchors;
};

it.each(PAGES)('%s links to files and headings that are there', async (file) => {
  const text = (await read(file)).replaceAll(/^```[^]*?^```$/gm, '').replaceAll(/`[^`\n]*`/g, '');
  const targets = [...text.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = '']) => target)
    .filter((target) => !target.startsWith('https://'));
  const lost: string[] = [];
  for (const target of targets) {
    const [path = '', anchor] = target.split('#');
    const linked = path === '' ? file : join(dirname(file), path);
    if (!existsSync(join(ROOT, linked))) lost.push(target);
    else if (anchor !== undefined && linked.endsWith('.md') && !anchorsOf(await read(linked)).has(anchor)) lost.push(target);
  }
  expect(lost).toEqual([]);
});
