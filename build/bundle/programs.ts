/** A folder of bundle/: what the bundler starts from, and the part of src/ that may go in. Paths are those of the checkout. */
export interface Program {
  /** Sources by the file that they become. */
  readonly entries: Readonly<Record<string, string>>;
  /** Files and folders of ours that it holds; a command that needs more says where it runs instead. */
  readonly holds: readonly string[];
  /** Sources that are imported at run time by what runs often, by a name: what such a one needs is in few files (`few-chunks.ts`). */
  readonly starts: Readonly<Record<string, string>>;
  /** Files and folders that the code reads beside itself, by the name that they have there. */
  readonly beside: Readonly<Record<string, string>>;
}

const MAIN = { main: 'src/cli/main.ts' };

/** SQLite's file is written anew on a thread of its own, which is started by its path. */
const SERVER = { ...MAIN, 'vacuum.worker': 'src/infra/database/sqlite/vacuum.worker.ts' };

/** The command line with the rows of all its commands, and the code of those that an image is for. */
const COMMAND_LINE = [
  'src/cli/main.ts',
  'src/cli/command-line',
  'src/cli/commands/drill/command.ts',
  'src/cli/commands/evidence/commands.ts',
  'src/cli/commands/health.ts',
  'src/cli/commands/observing.ts',
  'src/cli/commands/snapshot/commands.ts',
  'src/cli/commands/identity/commands.ts',
  'src/cli/commands/operator/commands.ts',
  'src/cli/documents',
  'src/cli/process',
  'src/cli/reporters',
  'src/cli/settings',
  'src/cli/shell',
  'src/engine/engine.ts',
  'src/infra',
];

/** What administers a running server, and a server. */
const SERVED = [
  ...COMMAND_LINE,
  'src/cli/commands/identity',
  'src/cli/commands/operator',
  'src/cli/commands/serve.ts',
  'src/client/admin',
  'src/client/problem.ts',
];

/** The probe of a container's health, and what runs a server. */
const STARTS = { health: 'src/cli/commands/health.ts', serve: 'src/cli/commands/serve.ts' };

/**
 * The programs of bundle/. `serve` runs that of its server, on the embedded engine and in the image; all other commands are `cli`. No
 * server holds the other one, the demo, or what brings a stack up.
 */
export const PROGRAMS = {
  cli: {
    entries: MAIN,
    holds: ['client', 'cli', 'demo', 'engine', 'infra', 'stack', 'testing'].map((room) => `src/${room}`),
    starts: {
      ...STARTS,
      sink: 'src/engine/embedded/otlp-sink/main.ts',
      status: 'src/cli/commands/status/status.ts',
      down: 'src/cli/commands/down.ts',
      demo: 'src/cli/commands/demo.ts',
      steps: 'src/demo/steps.ts',
      embedded: 'src/engine/embedded/embedded.ts',
      docker: 'src/engine/docker/docker.ts',
    },
    beside: { 'verify.mjs': 'src/infra/evidence/verify.mjs' },
  },
  kms: {
    entries: SERVER,
    holds: [...SERVED, 'src/kms'],
    starts: { ...STARTS, opened: 'src/kms/main.ts', server: 'src/kms/server.ts' },
    beside: { 'swagger-ui': 'node_modules/@fastify/swagger-ui/static' },
  },
  identity: {
    entries: SERVER,
    holds: [...SERVED, 'src/identity'],
    starts: { ...STARTS, opened: 'src/identity/main.ts', server: 'src/identity/server.ts' },
    beside: {},
  },
  telemetry: { entries: MAIN, holds: COMMAND_LINE, starts: { health: STARTS.health }, beside: {} },
} as const satisfies Record<string, Program>;
