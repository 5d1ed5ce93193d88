import { plainCompose } from '#test/engine/docker/support/plain-compose.ts';
import { demoPlace } from '#test/support/cli.ts';
import type { Comparison } from './suite.ts';

const LAST_HEALTHY = 'bring-up.kms';
const PAIRS = 5;

interface Record {
  readonly eventName: string;
  readonly attributes: readonly { readonly key: string; readonly value: { readonly stringValue?: string } }[];
}

/** From the command to the moment when every service is healthy, milliseconds; certificates and secrets are made on the way. */
const passthru = async (): Promise<number> => {
  await using place = await demoPlace('docker');
  const begun = performance.now();
  const { child, done } = place.start('demo', 'all', '--output', 'structured');
  const healthy = Promise.withResolvers<number>();
  let text = '';
  child.stdout?.on('data', (chunk) => {
    const lines = (text + String(chunk)).split('\n');
    text = lines.pop() ?? '';
    if (lines.some(saysHealthy)) healthy.resolve(performance.now() - begun);
  });
  const ended = done.then(({ code, stdout, stderr }) => {
    throw new Error(`the demo ended with ${code} before all was healthy:\n${stdout}\n${stderr}`);
  });
  const took = await Promise.race([healthy.promise, ended]);
  ended.catch(() => undefined);
  // What comes after is not measured: Ctrl-C, which also takes the stack down.
  child.kill('SIGINT');
  await done;
  return took;
};

const saysHealthy = (line: string): boolean => {
  const { eventName, attributes } = JSON.parse(line) as Record;
  const value = (name: string) => attributes.find(({ key }) => key === name)?.value.stringValue;
  return eventName === 'passthru.step-finished' && value('passthru.step.id') === LAST_HEALTHY && value('passthru.step.status') === 'passed';
};

/** The same with plain Compose, milliseconds. */
const compose = async (): Promise<number> => {
  await using place = await demoPlace();
  const stack = await plainCompose(place);
  const begun = performance.now();
  try {
    await stack.up();
    return performance.now() - begun;
  } finally {
    await stack.down();
  }
};

/** Images present, fresh volumes, fresh projects; both ways in turn, each first as often as the other. */
export const dockerComparison: Comparison = async () => {
  // Builds the images where they are missing, and warms the disk.
  await passthru();
  await compose();
  const pairs: (readonly [ours: number, theirs: number])[] = [];
  for (let pair = 0; pair < PAIRS; pair += 1) {
    if (pair % 2 === 0) {
      const ours = await passthru();
      pairs.push([ours, await compose()]);
    } else {
      const theirs = await compose();
      pairs.push([await passthru(), theirs]);
    }
  }
  return { ours: 'passthru demo all --engine docker, to all healthy', theirs: 'docker compose up -d --wait', aim: 0.7, pairs };
};
