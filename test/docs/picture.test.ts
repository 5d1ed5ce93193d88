import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { plan } from '#demo/plan.ts';
import { ROOT } from '#test/support/engine.ts';
import { terminalPicture } from '../../build/terminal-picture.ts';

const OPTIONS = { title: 'a run', columns: 60, rows: 2, seconds: 10, rest: 1 };
const paint = (code: number, text: string) => `\u001B[${code}m${text}\u001B[39m`;

/** The moments of an animation, and what it does there. */
const frames = (picture: string, name: string) => new RegExp(`@keyframes ${name}\\{((?:[^{}]*\\{[^{}]*\\})*)\\}`).exec(picture)?.[1];

describe('terminalPicture', () => {
  const lines = [
    { at: 0, text: '$ run' },
    { at: 1_000, text: `  ${paint(32, '✓')} one <two> & three` },
    { at: 3_000, text: 'end' },
  ];

  it('shows each line when it was printed, and moves up where there are more than rows', () => {
    const picture = terminalPicture(lines, OPTIONS);
    expect(frames(picture, 'down')).toBe('0%{transform:translateY(19px)}25%{transform:translateY(38px)}75%{transform:translateY(38px)}');
    expect(frames(picture, 'up')).toBe('0%{transform:translateY(0px)}25%{transform:translateY(0px)}75%{transform:translateY(-19px)}');
    expect(picture).toContain('animation:up 4s step-end infinite');
  });

  it('plays a long run faster', () => {
    const picture = terminalPicture(lines, { ...OPTIONS, seconds: 1 });
    expect(frames(picture, 'up')).toMatch(/^0%.*16\.67%.*50%/);
    expect(picture).toContain('animation:up 2s step-end infinite');
  });

  it('stands at the end of the run for a reader who wants nothing that moves', () => {
    const picture = terminalPicture(lines, OPTIONS);
    expect(picture).toContain('.lines{transform:translateY(-19px);animation:up');
    expect(picture).toContain('.blind{transform:translateY(38px);animation:down');
    expect(picture).toMatch(/@media\(prefers-reduced-motion:reduce\)\{\.lines,\.blind,\.turn,\.busy\{animation:none\}\}/);
  });

  it('keeps colours, columns and characters that mean something in XML', () => {
    const picture = terminalPicture(lines, OPTIONS);
    expect(picture).toContain('<text class="c32" x="32.8" y="73.25" textLength="8.4">✓</text>');
    expect(picture).toContain('<text x="49.6" y="73.25" textLength="142.8">one &lt;two&gt; &amp; three</text>');
  });
});

describe('docs/images/demo-all.svg', () => {
  it('is of a run with the steps of today; `npm run picture` records it anew', async () => {
    const picture = await readFile(join(ROOT, 'docs/images/demo-all.svg'), 'utf8');
    const { steps } = plan({ command: 'all' });
    for (const { title } of steps) expect(picture).toContain(`>${title.replaceAll('&', '&amp;')}`);
    expect(picture).toContain(`[${steps.length}/${steps.length}]`);
    expect(picture).toContain(`>${steps.length} passed, 0 failed<`);
  });

  it.each(['demo-all', 'stack'])('and the other pictures of the README run no script and load nothing: %s', async (name) => {
    const picture = await readFile(join(ROOT, `docs/images/${name}.svg`), 'utf8');
    expect(picture).not.toMatch(/<script|<foreignObject|href=|url\((?!#)|@import|\son\w+=/i);
    expect(Buffer.byteLength(picture)).toBeLessThan(200_000);
  });
});

describe('docs/images/report.png', () => {
  it('shows the whole width of a page, and is small; `npm run picture` draws it anew', async () => {
    const picture = await readFile(join(ROOT, 'docs/images/report.png'));
    expect(picture.subarray(1, 4).toString()).toBe('PNG');
    expect(picture.readUInt32BE(16)).toBe(1280);
    expect(picture.byteLength).toBeLessThan(150_000);
  });
});
