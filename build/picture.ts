/**
 * Records a run and draws it, docs/images/demo-all.svg, and the top of its report, docs/images/report.png: `npm run picture`, then any
 * flags of `passthru demo all`. The run has a state folder of its own, which is removed at the end, and the usual ports, which must be
 * free. The report is drawn by Chromium.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { main } from '../src/cli/main.ts';
import { type CliProcess, cliProcess } from '../src/cli/process/cli-process.ts';
import { reportPicture } from './report-picture.ts';
import { type RecordedLine, terminalPicture } from './terminal-picture.ts';

const COLUMNS = 80;
const COMMAND = ['demo', 'all', ...process.argv.slice(2)];
/** The picture ends before this line: what follows is for copying, and wider than the picture. */
const END = /^ {2}Try /;

const folder = await mkdtemp(join(tmpdir(), 'passthru-picture-'));
const own = cliProcess(process);
const began = performance.now();
const lines: RecordedLine[] = [{ at: 0, text: `\u001B[2m$\u001B[22m npx passthru ${COMMAND.join(' ')}` }];
let open = '';
const recorder = {
  columns: COLUMNS,
  write: (text: string): void => {
    process.stderr.write(text);
    const ended = `${open}${text}`.split('\n');
    open = ended.pop() ?? '';
    for (const line of ended) lines.push({ at: performance.now() - began, text: line });
  },
};
const { CI: _, GITHUB_ACTIONS: __, ...env } = own.env;
const cli: CliProcess = {
  ...own,
  cwd: folder,
  env: { ...env, FORCE_COLOR: '1', npm_lifecycle_event: 'npx', XDG_STATE_HOME: '/dev/null' },
  out: recorder,
  err: recorder,
};
try {
  const report = join(folder, 'report.html');
  await main([...COMMAND, '--report', report], cli);
  if (process.exitCode !== 0) throw new Error('only a run that passes is drawn');
  const end = lines.findIndex(({ text }) => END.test(text));
  if (end === -1) throw new Error(`no line matches ${END.source}`);
  const picture = terminalPicture(lines.slice(0, end), {
    title: 'A recorded run of npx passthru demo all: services come up, each step passes, each refusal is shown, addresses at the end',
    columns: COLUMNS,
    rows: 26,
    seconds: 12,
    rest: 8,
  });
  await writeFile(new URL('../docs/images/demo-all.svg', import.meta.url), picture);
  await writeFile(new URL('../docs/images/report.png', import.meta.url), await reportPicture(report, folder));
} finally {
  await main(['down', '--volumes'], { ...cli, out: own.out, err: own.err });
  await rm(folder, { recursive: true, force: true });
}
