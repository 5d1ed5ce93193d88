import { demoPlace } from '#test/support/cli.ts';
import type { Suite } from './suite.ts';

/** The main job as a user runs it, from command to exit: a fresh state folder each time. */
export const demoSuite: Suite = async () => ({
  tasks: {
    'passthru demo all --engine embedded --rm, fresh state': async () => {
      await using place = await demoPlace();
      const { code, stdout, stderr } = await place.run('demo', 'all', '--rm');
      if (code !== 0) throw new Error(`the demo ended with ${code}:\n${stdout}\n${stderr}`);
    },
  },
  options: { time: 0, iterations: 3, warmupTime: 0, warmupIterations: 1 },
  [Symbol.asyncDispose]: async () => {},
});
