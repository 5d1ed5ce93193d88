import { randomUUIDv7 } from 'node:crypto';
import { cp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createDockerEngine, type DockerEngineOptions } from '#engine/docker/docker.ts';
import { imageTag } from '#engine/docker/images/image-tag.ts';
import { projectOf } from '#engine/docker/project/project.ts';
import { type EngineEvent, SERVICES } from '#engine/engine.ts';
import type { StackEngine } from '#engine/stack-engine.ts';
import { ROOT } from '../../../support/engine.ts';
import { reservePorts } from '../../../support/ports.ts';
import { temporaryDirectory } from '../../../support/temporary-directory.ts';
import { container, type FakeDocker, fakeDocker } from './docker-api.ts';
import { type Answer, type FakeProgram, fakeProgram } from './fake-docker-program.ts';

type Container = ReturnType<typeof container>;

/** The call of Compose that makes containers. */
export const CREATE = ' create --no-build --pull never ';

export interface FakeStackOptions {
  /** Answers of Compose, which makes nothing: the test puts the containers there. By default it succeeds without a word. */
  readonly answers?: readonly Answer[];
  readonly packageRoot?: string;
  /** A state folder with certificates and secrets, of which this stack gets a copy: making them takes long. */
  readonly prepared?: string;
}

export interface FakeStack extends AsyncDisposable {
  readonly fake: FakeDocker;
  /** Name of the Compose project. */
  readonly project: string;
  readonly stateDir: string;
  readonly portKms: number;
  readonly portIdentity: number;
  readonly warnings: readonly string[];
  /** An engine as one run of the CLI would make it. */
  engine(options?: Partial<DockerEngineOptions>): StackEngine;
  /** A container of this project, or of another, with these labels besides. */
  owned(service: string, details?: Partial<Container>, labels?: Readonly<Record<string, string>>): Container;
  /** Puts containers on the engine. */
  have(...containers: readonly Container[]): void;
  /** Every call of Compose so far. */
  readonly calls: FakeProgram['calls'];
  /** The Compose file with the labels that the engine wants. */
  override(): Promise<string>;
}

/** A Docker engine of ours that speaks to stand-ins of the Engine API and of the docker program, with a state folder of its own. */
export const fakeStack = async (options: FakeStackOptions = {}): Promise<FakeStack> => {
  const { answers = [{ to: CREATE }], packageRoot = ROOT, prepared } = options;
  const folder = await temporaryDirectory();
  const stateDir = join(folder.path, `state-${randomUUIDv7()}`);
  if (prepared !== undefined) await cp(prepared, stateDir, { recursive: true });
  const program = await fakeProgram(...answers);
  const fake = fakeDocker();
  const warnings: string[] = [];
  const { kms: portKms, identity: portIdentity } = await reservePorts();
  const own = { stateDir, packageRoot, profile: 'demo', portKms, portIdentity } as const;
  const { name: project } = projectOf(own);
  const engine: FakeStack['engine'] = (more = {}) =>
    createDockerEngine({
      ...own,
      docker: { name: 'test', version: null, endpoint: { kind: 'socket', path: '/nowhere' }, env: program.env },
      open: () => Promise.resolve(fake.api),
      owner: 'process',
      warn: (text) => void warnings.push(text),
      ...more,
    });
  return {
    ...own,
    fake,
    project,
    warnings,
    engine,
    owned: (service, details = {}, labels = {}) => {
      const made = container(service, details);
      return { ...made, labels: { ...made.labels, 'com.docker.compose.project': project, ...labels } };
    },
    have: (...containers) => {
      for (const each of containers) fake.containers.set(each.id, each);
    },
    calls: program.calls,
    override: () => readFile(join(stateDir, 'docker', 'compose.yml'), 'utf8'),
    [Symbol.asyncDispose]: async () => {
      await program[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
};

/** All images of a run are on the engine. */
export const haveImages = async (fake: FakeDocker, packageRoot = ROOT): Promise<void> => {
  const tag = await imageTag(packageRoot);
  for (const service of SERVICES) fake.images.set(`passthru-${service}:${tag}`, { id: service, taggedAt: Date.now() });
  fake.images.set(`passthru-postgres:${tag}`, { id: 'passthru-postgres', taggedAt: Date.now() });
  fake.images.set('postgres:17-trixie', { id: 'postgres', taggedAt: 0, label: false });
};

/** A state folder that is prepared, for `fakeStack` to copy. */
export const preparedState = async (): Promise<{ readonly path: string } & AsyncDisposable> => {
  const stack = await fakeStack();
  const done = await stack.engine().prepare(new AbortController().signal);
  if (!done.ok) throw new Error(done.error.message);
  return { path: stack.stateDir, [Symbol.asyncDispose]: () => stack[Symbol.asyncDispose]() };
};

/** Everything that an engine tells until the test ends; what is so already when it begins is no news. */
export const watching = async (engine: StackEngine): Promise<{ readonly events: readonly EngineEvent[] } & Disposable> => {
  const events: EngineEvent[] = [];
  const control = new AbortController();
  engine.watch((event) => void events.push(event), control.signal);
  await engine.status();
  return { events, [Symbol.dispose]: () => control.abort() };
};
