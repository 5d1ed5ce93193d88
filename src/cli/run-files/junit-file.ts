import { junitOfNoRun, junitXml } from '#demo/junit/junit.ts';
import { withReadableTail } from './readable-tail.ts';
import type { RunFile } from './run-file.ts';

export interface JunitFileOptions {
  readonly path: string;
  /** Of passthru. */
  readonly version: string;
  /** As typed, for example `demo all`. */
  readonly command: string;
}

/** The result of a run for a pipeline: `--junit`. */
export const junitFile = ({ path, version, command }: JunitFileOptions): RunFile => ({
  key: 'junit',
  path,
  textOf: (report) => junitXml(withReadableTail(report), version),
  textOfNoRun: (error) => junitOfNoRun(command, error, version),
});
