import { type Build, type Engine, wellEnded } from './build.ts';
import { serveAgain } from './serve.ts';
import { type Spent, spentOn } from './spent.ts';

/** A line of the table of issue 16 that is a command. */
export interface Row {
  readonly engine: Engine;
  /** At most so much of what the build before takes. */
  readonly aim: number;
  /** Whether a stack is up before; else there is none. */
  readonly isUp: boolean;
  /** Whether its processor time says nothing: servers end in it whose end nobody hears, or they are in containers. */
  readonly isClockOnly: boolean;
  /** Once, in a build whose stack is there or not. */
  readonly measure: (build: Build) => Promise<Spent>;
}

/** Commands that take less than the clock of processors can tell are run so many times in a row; the result is that of one. */
const TIMES = 5;

const command =
  (...args: readonly string[]): Row['measure'] =>
  (build) =>
    spentOn(build.stateDir, () => build.run(...args));

const shortCommand =
  (start: (build: Build) => ReturnType<Build['start']>): Row['measure'] =>
  async (build) => {
    const { clock, processor } = await spentOn(build.stateDir, async () => {
      for (let n = 0; n < TIMES; n += 1) await wellEnded(start(build));
    });
    return { clock: clock / TIMES, processor: processor / TIMES };
  };

/** Takes the stack down and brings it up again, which is not measured. */
const down: Row['measure'] = async (build) => {
  const spent = await command('down')(build);
  await build.run('up');
  return spent;
};

const LAST_HEALTHY = /"passthru\.step\.id"[^}]*"bring-up\.kms"/;

/** From the command to the moment when the last service is healthy; the rest of it is waited for, and not measured. */
const toAllHealthy: Row['measure'] = async (build) => {
  let clock = 0;
  const begun = performance.now();
  const running = build.start('demo', 'all', '--output', 'structured');
  let rest = '';
  running.child.stdout?.on('data', (chunk) => {
    const lines = (rest + String(chunk)).split('\n');
    rest = lines.pop() ?? '';
    const isHealthy = (line: string) => line.includes('passthru.step-finished') && LAST_HEALTHY.test(line);
    if (clock === 0 && lines.some(isHealthy)) clock = performance.now() - begun;
  });
  await wellEnded(running);
  if (clock === 0) throw new Error('the demo did not say that the KMS is healthy');
  await build.run('down', '--volumes');
  return { clock, processor: 0 };
};

/** What can be measured, by its name on the command line of the bench. */
export const ROWS: Readonly<Record<string, Row>> = {
  help: { engine: 'embedded', aim: 0.5, isUp: false, isClockOnly: false, measure: shortCommand((build) => build.bare('--help')) },
  'demo-embedded': { engine: 'embedded', aim: 0.5, isUp: false, isClockOnly: false, measure: command('demo', 'all', '--rm') },
  status: { engine: 'embedded', aim: 0.5, isUp: true, isClockOnly: false, measure: shortCommand((build) => build.start('status')) },
  'second-demo': { engine: 'embedded', aim: 0.4, isUp: true, isClockOnly: false, measure: command('demo', 'all') },
  'reset-demo': { engine: 'embedded', aim: 0.5, isUp: true, isClockOnly: false, measure: command('reset-demo') },
  // After these, the stack has servers that it has no record of: `down` finds them by their command lines.
  'serve-kms': { engine: 'embedded', aim: 0.5, isUp: true, isClockOnly: false, measure: (build) => serveAgain(build, 'kms') },
  'serve-identity': { engine: 'embedded', aim: 0.5, isUp: true, isClockOnly: false, measure: (build) => serveAgain(build, 'identity') },
  down: { engine: 'embedded', aim: 0.5, isUp: true, isClockOnly: true, measure: down },
  'demo-docker': { engine: 'docker', aim: 0.6, isUp: false, isClockOnly: true, measure: toAllHealthy },
  'down-docker': { engine: 'docker', aim: 0.5, isUp: true, isClockOnly: true, measure: down },
};
