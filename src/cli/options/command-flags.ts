import { type Command, Option } from 'commander';

export const FLAG_HELP = `
Settings come from flags, then PASSTHRU_* variables (PASSTHRU_PORT_KMS), then passthru.yml in this
folder, then passthru/config.yml below $XDG_CONFIG_HOME, then the defaults.

Examples:
  passthru demo all                 the whole story, then the stack stays up
  passthru status                   is it well?
  passthru demo all --rm            the same, and tidy up at the end
  passthru down --volumes           stop everything and remove the data

Exit codes: 0 all passed · 1 some failed · 2 nothing usable · 64 usage · 130 interrupted`;

export const DEMO_EXAMPLES = `
Examples:
  passthru demo all
  passthru demo kms --output json > report.json
  passthru demo all --port-kms 18081 --port-identity 18082 --state-dir /tmp/second`;

export const HEALTH_HELP = `
TLS 1.3, verified against --ca and the host name; 3 seconds for everything together.
Prints one line. Exit codes: 0 it answered 200 · 1 it did not, and the line says why · 64 usage

Example:
  passthru health https://localhost:8081/readyz --ca .passthru/tls/ca.pem`;

/** What finds a stack: every command but serve takes it. */
export const stackFlags = (command: Command): Command =>
  command
    .option('--engine <engine>', 'auto, docker or embedded (default: auto)')
    .option('--state-dir <folder>', 'state of the stack (default: .passthru)')
    .option('--port-kms <port>', 'public port of the KMS (default: 8081)')
    .option('--port-identity <port>', 'public port of Identity (default: 8082)');

export const outputFlags = (command: Command): Command =>
  command
    .option('--output <form>', 'human, json or structured (default: human)')
    .option('--no-color', 'no colour')
    .addOption(new Option('-q, --quiet', 'only the result').conflicts('verbose'));

/** Only a run has requests and checks to tell of. */
export const runFlags = (command: Command): Command =>
  outputFlags(command).addOption(new Option('-v, --verbose', 'each request and each check').conflicts('quiet'));

export const demoFlags = (command: Command): Command =>
  command
    .option('--profile <profile>', 'dev, demo or ci (default: demo); prod has no demo data to show')
    .addOption(new Option('--fail-fast', 'stop at the first failed step').conflicts('continueOnError'))
    .addOption(new Option('--continue-on-error', 'go on after a failed step (default)').conflicts('failFast'))
    .option('--health-timeout <time>', 'how long a service may take to get healthy (default: 30s)')
    .option('--retry <times>', 'try a failed step again (default: 0)')
    .option('--retry-delay <time>', 'wait before a retry (default: 1s)')
    .option('--retry-backoff <factor>', 'lengthen each further wait (default: 2)')
    .option('--rm', 'tear down at the end (default in ci)')
    .option('--no-rm', 'leave the stack up, in ci too')
    .option('--on-partial <what>', 'keep or cleanup what was started when a step failed (default: keep)');

/** Flags that are settings, by the key that they have in a settings file. */
const KEYS: Readonly<Record<string, string>> = {
  engine: 'engine',
  stateDir: 'state_dir',
  portKms: 'port_kms',
  portIdentity: 'port_identity',
  output: 'output',
  color: 'color',
  profile: 'profile',
  healthTimeout: 'health_timeout',
  retry: 'retry',
  retryDelay: 'retry_delay',
  retryBackoff: 'retry_backoff',
  rm: 'rm',
  onPartial: 'on_partial',
};

/** Flags that stand for one value of a setting. */
const WORDS: Readonly<Record<string, readonly [key: string, value: string]>> = {
  quiet: ['verbosity', 'quiet'],
  verbose: ['verbosity', 'verbose'],
  failFast: ['on_failure', 'stop'],
  continueOnError: ['on_failure', 'continue'],
};

/** The settings that this command line states; a default of the parser is none. */
export const flagsOf = (command: Command): Readonly<Record<string, unknown>> => {
  const stated = Object.entries(command.opts()).filter(([name]) => command.getOptionValueSource(name) === 'cli');
  return Object.fromEntries(
    stated.flatMap(([name, value]): (readonly [string, unknown])[] => {
      const word = WORDS[name];
      if (word !== undefined) return [word];
      return KEYS[name] === undefined ? [] : [[KEYS[name], value]];
    }),
  );
};
