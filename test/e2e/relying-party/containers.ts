import { randomUUIDv7 } from 'node:crypto';
import { ROOT } from '#test/support/engine.ts';
import { docker } from '#test/support/docker-stack.ts';

/** What our own images begin with. */
export const NODE_IMAGE = 'node:26-trixie-slim';

/** A network of containers; dispose it after them. */
export const aNetwork = async (): Promise<AsyncDisposable & { readonly name: string }> => {
  const name = `passthru-test-${randomUUIDv7()}`;
  await docker('network', 'create', name);
  return { name, [Symbol.asyncDispose]: async () => void (await docker('network', 'rm', name)) };
};

/**
 * Node in a container, as the user of the test, with the checkout to read and one folder to write, both at the paths that they have here.
 *
 * @param options.name under which the others of the network know it
 * @param options.ports published at the same numbers on the loopback of this machine
 * @param options.args of Node
 */
export const nodeContainer = async (options: {
  readonly network: string;
  readonly name: string;
  readonly ports: readonly number[];
  readonly folder: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly args: readonly string[];
}): Promise<AsyncDisposable & { logs(): Promise<string> }> => {
  const { network, name, ports, folder, env = {}, args } = options;
  const published = ports.flatMap((port) => ['--publish', `127.0.0.1:${port}:${port}`]);
  const variables = Object.entries(env).flatMap(([key, value]) => ['--env', `${key}=${value}`]);
  const user = `${process.getuid?.() ?? 0}:${process.getgid?.() ?? 0}`;
  const volumes = ['--volume', `${ROOT}:${ROOT}:ro`, '--volume', `${folder}:${folder}`];
  const known = ['--network', network, '--network-alias', name];
  const closed = ['--read-only', '--cap-drop', 'ALL', '--user', user];
  const id = await docker('run', '--detach', ...closed, ...known, ...published, ...volumes, ...variables, NODE_IMAGE, 'node', ...args);
  return {
    logs: () => docker('logs', id.trim()),
    [Symbol.asyncDispose]: async () => void (await docker('rm', '--force', id.trim())),
  };
};
