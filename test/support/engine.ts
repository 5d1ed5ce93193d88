import { randomInt, randomUUIDv7 } from 'node:crypto';
import { once } from 'node:events';
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { join } from 'node:path';
import { createEmbeddedEngine, type EmbeddedEngineOptions } from '#engine/embedded/embedded.ts';
import type { ServiceName } from '#engine/engine.ts';
import type { StackEngine } from '#engine/stack-engine.ts';
import { temporaryDirectory } from './temporary-directory.ts';

export const ROOT = join(import.meta.dirname, '..', '..');

/** How a stand-in server behaves; `ends` exits with code 3 at its start, `stubborn` does not heed SIGTERM. */
type Behaviour = 'well' | 'ends' | 'stubborn';

/**
 * A server that listens where its overlay says, tells what it was started with, and does nothing else:
 * what an engine does with processes shows without waiting for real ones.
 */
const STAND_IN = `
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
const [, service] = process.argv.slice(2);
const behaviour = readFileSync(new URL('../behaviour-' + service, import.meta.url), 'utf8');
console.log(JSON.stringify({ argv: process.argv.slice(2), env: process.env }));
if (behaviour === 'ends') {
  console.log('the stand-in ends');
  process.exit(3);
}
process.on('SIGTERM', () => {
  console.log('SIGTERM');
  if (behaviour !== 'stubborn') process.exit(0);
});
const ports = [...readFileSync(process.argv.at(-1), 'utf8').matchAll(/^ +port: (\\d+)$/gm)].map((match) => Number(match[1]));
for (const port of ports) await new Promise((resolve) => createServer((socket) => socket.destroy()).listen(port, '127.0.0.1', resolve));
console.log('listening');
`;

export interface TestStack extends AsyncDisposable {
  readonly stateDir: string;
  readonly packageRoot: string;
  readonly portKms: number;
  readonly portIdentity: number;
  readonly warnings: string[];
  /** An engine as another run of the CLI would make it. */
  engine(options?: Partial<EmbeddedEngineOptions>): StackEngine;
  behave(service: ServiceName, behaviour: Behaviour): Promise<void>;
}

/** A package of stand-in servers with our real configuration, and a state folder whose name says whose it is; all of it ends with the test. */
export const testStack = async (): Promise<TestStack> => {
  const folder = await temporaryDirectory();
  const packageRoot = join(folder.path, 'package');
  const stateDir = join(folder.path, `state-${randomUUIDv7()}`);
  const warnings: string[] = [];
  const behave = (service: ServiceName, behaviour: Behaviour) => writeFile(join(packageRoot, `behaviour-${service}`), behaviour);
  await mkdir(join(packageRoot, 'bin'), { recursive: true });
  await Promise.all([
    writeFile(join(packageRoot, 'package.json'), '{"type":"module","version":"0.0.0"}'),
    writeFile(join(packageRoot, 'bin', 'passthru.js'), STAND_IN),
    cp(join(ROOT, 'deployments'), join(packageRoot, 'deployments'), { recursive: true }),
    ...(['telemetry', 'identity', 'kms'] as const).map((service) => behave(service, 'well')),
  ]);
  const ports = await freePorts();
  const engine: TestStack['engine'] = (options = {}) =>
    createEmbeddedEngine({
      stateDir,
      packageRoot,
      profile: 'demo',
      demoSeed: true,
      warn: (text) => void warnings.push(text),
      ...ports,
      ...options,
    });
  return {
    ...ports,
    stateDir,
    packageRoot,
    warnings,
    engine,
    behave,
    [Symbol.asyncDispose]: async () => {
      await engine({ stopGraceMs: 0 }).down({ volumes: true });
      await folder[Symbol.asyncDispose]();
    },
  };
};

/** Resolves when the service listens; fails with its log after ten seconds. */
export const listening = async (engine: StackEngine, service: ServiceName): Promise<void> => {
  const lines: string[] = [];
  for await (const line of engine.logs(service, { follow: true, signal: AbortSignal.timeout(10_000) })) {
    if (line === 'listening') return;
    lines.push(line);
  }
  throw new Error(`${service} did not listen within 10 s: ${lines.join('\n')}`);
};

/** Ports whose offsets are free, too, below those that the system gives to outgoing connections, which would take them meanwhile. */
export const freePorts = async (): Promise<{ portKms: number; portIdentity: number }> => {
  for (;;) {
    const portKms = randomInt(10_000, 29_000);
    const portIdentity = portKms + 500;
    const all = [portKms, portKms + 1000, portKms + 2000, portKms + 3000, portIdentity, portIdentity + 1000];
    if ((await Promise.all(all.map(isFree))).every(Boolean)) return { portKms, portIdentity };
  }
};

const isFree = async (port: number): Promise<boolean> => {
  try {
    await (await listenOn(port))[Symbol.asyncDispose]();
    return true;
  } catch {
    return false;
  }
};

/** Somebody else who holds a port. */
export const listenOn = async (
  port: number,
  host = '127.0.0.1',
): Promise<AsyncDisposable & { readonly port: number; readonly server: Server }> => {
  const server = createServer();
  server.listen(port, host);
  await once(server, 'listening');
  return {
    server,
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => {
      server.close();
      await once(server, 'close');
    },
  };
};
