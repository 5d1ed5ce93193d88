/**
 * A run of tests as a process of its own: it starts a stack, tells of it in one line of JSON, and then does as its argument says.
 *
 *     key NAME   makes a key of that name, waits for its input to end, tells which keys are there, stops the stack
 *     hang       waits to be killed
 *     throw, reject, exit, forget   ends without a stop, in this way
 */
import { once } from 'node:events';
import { startStack } from '#testing/index.ts';

const [how, name] = process.argv.slice(2);
const tell = (value: object): void => void process.stdout.write(`${JSON.stringify(value)}\n`);

const stack = await startStack({ engine: 'embedded', log: (line) => void process.stderr.write(`${line}\n`) });
tell({ stateDir: stack.stateDir, startedFrom: stack.startedFrom });

const authorization = `Basic ${btoa('demo-tenant-admin:demo-tenant-admin-password')}`;
const keys = `${stack.kmsUrl}/elastic-keys`;

switch (how) {
  case 'key': {
    const headers = { authorization, 'content-type': 'application/json' };
    const made = await stack.fetch(keys, { method: 'POST', headers, body: JSON.stringify({ name, algorithm: 'ES256' }) });
    tell({ made: made.status });
    await once(process.stdin.resume(), 'end');
    const { items } = (await (await stack.fetch(keys, { headers: { authorization } })).json()) as { items: { name: string }[] };
    tell({ keys: items.map((key) => key.name).filter((each) => !each.startsWith('demo-')) });
    await stack.stop();
    break;
  }
  case 'hang':
    setInterval(() => undefined, 60_000);
    break;
  case 'throw':
    throw new Error('a test failed');
  case 'reject':
    void Promise.reject(new Error('nobody waits for this'));
    setInterval(() => undefined, 60_000);
    break;
  case 'exit':
    process.exit(7);
}
