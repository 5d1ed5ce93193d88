import { randomUUIDv7 } from 'node:crypto';
import { once } from 'node:events';
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { join } from 'node:path';
import { createEmbeddedEngine, type EmbeddedEngineOptions } from '#engine/embedded/embedded.ts';
import type { ServiceName } from '#engine/engine.ts';
import type { StackEngine } from '#engine/stack-engine.ts';
import { reservePorts } from './ports.ts';
import { temporaryDirectory } from './temporary-directory.ts';

export const ROOT = join(import.meta.dirname, '..', '..');

/**
 * How a stand-in server behaves; `ends` exits with code 3 before it listens, as soon as the test lets it, `stubborn` does not heed
 * SIGTERM.
 */
type Behaviour = 'well' | 'ends' | 'stubborn';

/**
 * A server that listens where its overlay says, tells what it was started with, and does nothing else:
 * what an engine does with processes shows without waiting for real ones.
 */
const STAND_IN = `
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { setTimeout } from 'node:timers/promises';
const [, service] = process.argv.slice(2);
const behaviour = readFileSync(new URL('../behaviour-' + service, import.meta.url), 'utf8');
console.log(JSON.stringify({ argv: process.argv.slice(2), env: process.env }));
if (behaviour === 'ends') {
  while (!existsSync(new URL('../end-' + service, import.meta.url))) await setTimeout(10);
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
  /** Lets a stand-in end that is to end. */
  letEnd(service: ServiceName): Promise<void>;
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
  const { kms: portKms, identity: portIdentity } = await reservePorts();
  const engine: TestStack['engine'] = (options = {}) =>
    createEmbeddedEngine({
      stateDir,
      packageRoot,
      profile: 'demo',
      demoSeed: true,
      warn: (text) => void warnings.push(text),
      portKms,
      portIdentity,
      ...options,
    });
  return {
    portKms,
    portIdentity,
    stateDir,
    packageRoot,
    warnings,
    engine,
    behave,
    letEnd: (service) => writeFile(join(packageRoot, `end-${service}`), ''),
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
