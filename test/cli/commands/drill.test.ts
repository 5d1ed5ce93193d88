import { Ajv2020 } from 'ajv/dist/2020.js';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type DrillsDocument, drillsSchema } from '#cli/documents/drills.ts';
import { main } from '#cli/main.ts';
import { DRILL_NAMES } from '#infra/magic/drill-names.ts';
import { ROOT } from '#test/support/engine.ts';
import { fakeProcess } from '#test/support/fake-cli.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';

const run = async (line: string, cwd = '/') => {
  const cli = fakeProcess({ cwd });
  await main(line.split(' '), cli);
  const code = process.exitCode;
  process.exitCode = 0;
  return { code, ...cli.written };
};

/** The anchor that GitHub gives a heading. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\w\s-]/g, '')
    .trim()
    .replaceAll(' ', '-');

describe('passthru drill --list', () => {
  it('says of each drill what it breaks and what must hold, and asks no stack', async () => {
    const { code, out } = await run('drill --list --output json');
    const document = JSON.parse(out) as DrillsDocument;
    const validate = new Ajv2020({ validateFormats: false }).compile(JSON.parse(JSON.stringify(drillsSchema)) as object);
    validate(document);
    expect([code, validate.errors]).toEqual([0, null]);
    expect(document.drills.map(({ name }) => name)).toEqual([...DRILL_NAMES]);
    const human = await run('drill --list');
    for (const name of DRILL_NAMES) expect(human.out).toContain(`${name}  `);
  });

  it('lists those alone that are named', async () => {
    const { out } = await run('drill kill-kms kill-identity --list --output json');
    expect((JSON.parse(out) as DrillsDocument).drills.map(({ name }) => name)).toEqual(['kill-kms', 'kill-identity']);
  });

  it('names pages and headings that there are', async () => {
    const { out } = await run('drill --list --output json');
    for (const { name, source } of (JSON.parse(out) as DrillsDocument).drills) {
      const [page = '', anchor] = source.split('#');
      const text = await readFile(join(ROOT, 'docs', page), 'utf8');
      const anchors = [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => anchorOf(heading));
      expect([name, anchors]).toEqual([name, expect.arrayContaining([anchor])]);
    }
  });
});

describe('docs/drills.md', () => {
  it('has a row for each drill, as the list says it', async () => {
    const { out } = await run('drill --list --output json');
    const page = await readFile(join(ROOT, 'docs', 'drills.md'), 'utf8');
    const rows = (JSON.parse(out) as DrillsDocument).drills.map(
      ({ name, breaks, must_hold, source, engines }) => `| \`${name}\` | ${breaks} | ${must_hold} [↗](${source}) | ${engines.join(', ')} |`,
    );
    expect(page.split('\n').filter((line) => line.startsWith('| `'))).toEqual(rows);
  });
});

describe('passthru drill', () => {
  it('names the drills that there are where one is not', async () => {
    const { code, err } = await run('drill kill-kmz');
    expect([code, err]).toEqual([64, expect.stringContaining('not "kill-kmz"')]);
    for (const name of DRILL_NAMES) expect(err.replaceAll(/\s+/g, ' ')).toContain(name);
  });

  it('says how to bring up a stack that is not there', async () => {
    await using folder = await temporaryDirectory();
    const { code, err } = await run(`drill --engine embedded --state-dir ${folder.path}`, folder.path);
    expect([code, err]).toEqual([2, expect.stringContaining('there is nothing to break')]);
    expect(err).toContain('passthru demo all');
  });
});
