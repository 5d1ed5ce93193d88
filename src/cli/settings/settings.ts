import { PROFILES } from '#engine/engine.ts';
import { COLLECTOR_HEALTH_PORT_OFFSET, IDENTITY_PORT, KMS_PORT, PARTNER_PORT_OFFSET, PORTS_OF_A_STACK } from '#infra/magic/magic.ts';
import { setting, type ValuesOf } from './setting.ts';
import { hosts } from './hosts.ts';
import { boolean, duration, factor, filePath, folder, oneOf, port, wholeNumber } from './value-types.ts';

/**
 * The settings of the CLI, one row each: the key `portKms` is `port_kms` in a settings file, `PASSTHRU_PORT_KMS` in the
 * environment and `--port-kms` on the command line. From a row come the flag with its help and default, the reading of every
 * source, the wording of errors, the flags of printed commands, the type of the value and the table in docs/cli.md.
 *
 * This folder sees the shapes of the engine and constants of `infra`, and nothing of the CLI but `shell` and `process`. Data goes
 * rows → sources (flags, environment, files) → `resolveSettings` → one checked object, or one usage error that names all that is wrong.
 */
export const SETTINGS = {
  engine: setting({
    type: oneOf(['auto', 'docker', 'embedded'], 'engine'),
    default: 'auto',
    flags: [
      { group: 'stack', help: 'where the services run' },
      { group: 'exec', help: 'where the services run' },
    ],
  }),
  stateDir: setting({
    type: folder,
    default: '.passthru',
    flags: [
      { group: 'stack', help: 'state of the stack' },
      { group: 'exec', help: 'run on the stack of this folder; else on one of its own', hasOwnDefault: true },
    ],
  }),
  portKms: setting({
    type: port({ highestOffset: COLLECTOR_HEALTH_PORT_OFFSET, taken: 'admin and telemetry take ports above it' }),
    default: `${KMS_PORT}`,
    flags: [{ group: 'stack', help: 'public port of the KMS' }],
  }),
  portIdentity: setting({
    type: port({
      highestOffset: PARTNER_PORT_OFFSET,
      taken: 'admin, the feed of revocations and the second Identity of a demo take ports above it',
    }),
    default: `${IDENTITY_PORT}`,
    flags: [{ group: 'stack', help: 'public port of Identity' }],
  }),
  portBase: setting({
    type: wholeNumber({
      form: `a port from 1 to ${65_536 - PORTS_OF_A_STACK}, the first of ${PORTS_OF_A_STACK}, or 0 for free ones`,
      placeholder: 'port',
      minimum: 0,
      maximum: 65_536 - PORTS_OF_A_STACK,
    }),
    // The two public ports count.
    default: null,
    flags: [
      { group: 'stack', help: `all ports of the stack, ${PORTS_OF_A_STACK} from this one on; 0 takes free ones` },
      { group: 'exec', help: `all ports of the stack, ${PORTS_OF_A_STACK} from this one on; else free ones` },
    ],
  }),
  output: setting({
    type: oneOf(['human', 'json', 'structured'], 'form'),
    default: 'human',
    flags: [{ group: 'output', help: 'form of the result' }],
  }),
  color: setting({
    type: boolean,
    // The terminal decides.
    default: null,
    flags: [
      { group: 'output', spelling: '--no-color', means: false, help: 'no colour' },
      { group: 'exec', spelling: '--no-color', means: false, help: 'no colour' },
    ],
  }),
  verbosity: setting({
    type: oneOf(['quiet', 'normal', 'verbose'], 'verbosity'),
    default: 'normal',
    flags: [
      { group: 'output', spelling: '-q, --quiet', means: 'quiet', help: 'only the result' },
      { group: 'exec', spelling: '-q, --quiet', means: 'quiet', help: 'no word of passthru but errors' },
      // Only a run has requests and checks to tell of.
      { group: 'run', spelling: '-v, --verbose', means: 'verbose', help: 'each request and each check' },
      { group: 'exec', spelling: '-v, --verbose', means: 'verbose', help: 'how the stack comes up, each request and each check' },
    ],
  }),
  host: setting({
    type: hosts,
    default: null,
    flags: [
      { group: 'start', help: 'further name or address of the servers, for certificates; addresses are listened on' },
      { group: 'prepare', help: 'further name or address of the servers; prod: names under which callers reach the KMS' },
    ],
  }),
  profile: setting({
    type: oneOf(PROFILES, 'profile'),
    default: 'demo',
    flags: [
      { group: 'start', help: 'purpose of the stack; prod has no demo data to show' },
      { group: 'prepare', help: 'purpose of the stack; prod makes what docs/production.md starts with' },
    ],
  }),
  onFailure: setting({
    type: oneOf(['continue', 'stop'], 'what'),
    default: 'continue',
    flags: [
      { group: 'demo', spelling: '--fail-fast', means: 'stop', help: 'stop at the first failed step' },
      { group: 'demo', spelling: '--continue-on-error', means: 'continue', help: 'go on after a failed step (default)' },
    ],
  }),
  healthTimeout: setting({
    type: duration({ minimum: 100, example: '30s' }),
    default: '30s',
    flags: [{ group: 'start', help: 'how long a service may take to get healthy' }],
  }),
  retry: setting({
    type: wholeNumber({ form: 'a whole number from 0 to 10', placeholder: 'times', minimum: 0, maximum: 10 }),
    default: '0',
    flags: [{ group: 'demo', help: 'try a failed step again' }],
  }),
  retryDelay: setting({
    type: duration({ minimum: 0, example: '1s' }),
    default: '1s',
    flags: [{ group: 'demo', help: 'wait before a retry' }],
  }),
  retryBackoff: setting({
    type: factor({ minimum: 1, maximum: 10 }),
    default: '2',
    flags: [{ group: 'demo', help: 'lengthen each further wait' }],
  }),
  rm: setting({
    type: boolean,
    default: (profile) => `${profile === 'ci'}`,
    flags: [
      { group: 'demo', spelling: '--rm', means: true, help: 'tear down at the end (default in ci)' },
      { group: 'demo', spelling: '--no-rm', means: false, help: 'leave the stack up, in ci too' },
    ],
  }),
  browser: setting({
    type: boolean,
    default: 'false',
    flags: [{ group: 'demo', spelling: '--browser', means: true, help: 'log in by hand, in a browser that is opened' }],
  }),
  onPartial: setting({
    type: oneOf(['keep', 'cleanup'], 'what'),
    default: 'keep',
    flags: [{ group: 'demo', help: 'fate of the services that were started when a step failed' }],
  }),
  report: setting({
    type: filePath,
    default: null,
    flags: [{ group: 'run', help: 'write the run as a page that stands alone, to read, print or pass on' }],
  }),
  evidence: setting({
    type: folder,
    default: null,
    flags: [{ group: 'demo', help: 'leave a signed bundle of evidence there, which anybody can check' }],
  }),
  junit: setting({
    type: filePath,
    default: null,
    flags: [{ group: 'run', help: 'write the result as JUnit XML, for a pipeline' }],
  }),
} as const;

/** Every setting, checked: paths absolute, times in milliseconds. */
export type CliSettings = ValuesOf<typeof SETTINGS>;
