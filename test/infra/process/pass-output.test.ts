import { PassThrough, Writable } from 'node:stream';
import { expect, it } from 'vitest';
import { passOutput } from '#infra/process/workers/pass-output.ts';

it('passes whole lines of a dozen workers on, log and errors apart, without a listener more for each', async () => {
  const log: string[] = [];
  const told: string[] = [];
  const errors = new Writable({
    write: (line: Buffer, _, done) => {
      told.push(String(line));
      done();
    },
  });
  const before = errors.eventNames();
  const workers = Array.from({ length: 12 }, () => ({ stdout: new PassThrough(), stderr: new PassThrough() }));
  for (const worker of workers) passOutput(worker, { line: (line) => void log.push(line), errors });
  for (const [at, { stdout, stderr }] of workers.entries()) {
    stdout.write(`{"of":`);
    stderr.write(`error `);
    stdout.end(`${at}}\n`);
    stderr.end(`of ${at}\n`);
  }
  await expect.poll(() => log.toSorted()).toEqual(workers.map((_, at) => `{"of":${at}}`).toSorted());
  await expect.poll(() => told.toSorted()).toEqual(workers.map((_, at) => `error of ${at}\n`).toSorted());
  expect(errors.eventNames()).toEqual(before);
});
