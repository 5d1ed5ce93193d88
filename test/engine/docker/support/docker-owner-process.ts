import { probeDocker } from '#engine/docker/connection/probe.ts';
import { createDockerEngine } from '#engine/docker/docker.ts';

/** Brings a service up for as long as this process lives, says so, and waits to be killed: what a run does that never ends well. */
const [options = '{}'] = process.argv.slice(2);
const found = await probeDocker({ env: process.env });
if (!found.ok) throw new Error(found.error.message);
const engine = createDockerEngine({
  ...(JSON.parse(options) as Parameters<typeof createDockerEngine>[0]),
  docker: found.value,
  owner: 'process',
});
const done = await engine.up('kms', new AbortController().signal);
process.stdout.write(`${JSON.stringify(done)}\n`);
setInterval(() => undefined, 1_000);
