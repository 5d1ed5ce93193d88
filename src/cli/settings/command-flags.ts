import { READYZ_MS } from '#infra/magic/limits.ts';
import { TRUST_STORES } from '#infra/magic/magic.ts';
import { ENV_FORMATS } from './given-variables.ts';
import { moment, traceReference } from './log-values.ts';
import { REQUIRED, setting } from './setting.ts';
import { boolean, duration, file, files, folder, manyOf, oneOf, origin, text, wholeNumber } from './value-types.ts';

// Flags of a single command: rows as of a setting, but no variable and no key of a file.

export const STATUS_FLAGS = {
  watch: setting({
    type: boolean,
    default: 'false',
    flags: [{ spelling: '-w, --watch', means: true, help: 'show every change, until Ctrl-C' }],
  }),
  wait: setting({
    type: duration({ minimum: 100, example: '60s' }),
    default: null,
    flags: [{ help: 'look again until all that should run is ready, so long at most' }],
  }),
} as const;

export const LOGS_FLAGS = {
  follow: setting({
    type: boolean,
    default: 'false',
    flags: [{ spelling: '-f, --follow', means: true, help: 'keep printing what is logged' }],
  }),
  tail: setting({
    type: wholeNumber({ form: '0 or more lines, for example 100', placeholder: 'lines', minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
    default: null,
    flags: [{ help: 'only so many of the last lines' }],
  }),
  since: setting({ type: moment, default: null, flags: [{ help: 'only what was logged since: a time, or so long ago' }] }),
  level: setting({
    type: oneOf(['debug', 'info', 'warn', 'error'], 'level'),
    default: null,
    flags: [{ help: 'only lines of this level and above; lines that have none stay' }],
  }),
  trace: setting({ type: traceReference, default: null, flags: [{ help: 'only lines of this trace' }] }),
  demo: setting({
    type: boolean,
    default: 'true',
    flags: [{ spelling: '--no-demo', means: false, help: 'without the refusals that a demo provoked' }],
  }),
} as const;

export const TRACE_FLAGS = {
  limit: setting({
    type: wholeNumber({ form: 'a number of traces from 1 to 1000', placeholder: 'traces', minimum: 1, maximum: 1000 }),
    default: '20',
    flags: [{ help: 'length of the list' }],
  }),
  failed: setting({
    type: boolean,
    default: 'false',
    flags: [{ spelling: '--failed', means: true, help: 'list only traces with an error or a refusal' }],
  }),
  details: setting({
    type: boolean,
    default: 'false',
    flags: [
      { spelling: '-v, --verbose', means: true, help: 'every attribute of each span; in the list background work and health checks, too' },
    ],
  }),
} as const;

export const PREPARE_FLAGS = {
  out: setting({
    type: folder,
    default: null,
    flags: [{ help: 'prod: folder for containers to mount from; PASSTHRU_MOUNTS names it then' }],
  }),
  authority: setting({
    type: folder,
    default: null,
    flags: [{ help: 'prod: keys of the authority and all unseal shares (default: <out>/authority)' }],
  }),
  issuer: setting({ type: origin, default: null, flags: [{ help: 'prod: address at which browsers reach Identity' }] }),
  pkcs12: setting({
    type: boolean,
    default: 'false',
    flags: [{ spelling: '--pkcs12', means: true, help: 'write PKCS#12, too: ca.p12 for Java, and each client certificate' }],
  }),
  renew: setting({
    type: boolean,
    default: 'false',
    flags: [{ spelling: '--renew', means: true, help: 'prod: renew certificates that end within 30 days or lack a name' }],
  }),
} as const;

const store = setting({
  type: manyOf(TRUST_STORES, 'store'),
  default: null,
  flags: [{ help: `only ${TRUST_STORES.join(' or ')}: the system's store, or the databases of Chromium and Firefox` }],
});

export const TRUST_FLAGS = {
  install: setting({
    type: boolean,
    default: 'false',
    flags: [{ spelling: '--install', means: true, help: 'set it in every store that this program can change' }],
  }),
  store,
} as const;

export const UNTRUST_FLAGS = { store } as const;

export const ENV_FLAGS = {
  format: setting({ type: oneOf(ENV_FORMATS, 'format'), default: 'shell', flags: [{ help: 'the reader of the variables' }] }),
} as const;

export const DOWN_FLAGS = {
  volumes: setting({ type: boolean, default: 'false', flags: [{ spelling: '--volumes', means: true, help: 'remove its data, too' }] }),
  images: setting({
    type: boolean,
    default: 'false',
    flags: [{ spelling: '--images', means: true, help: 'remove the images that were built, too, unless a container uses them' }],
  }),
} as const;

export const BEGIN_FLAGS = {
  snapshot: setting({
    type: text('the name of a snapshot, or the path of its folder', 'snapshot'),
    default: null,
    flags: [{ help: 'begin with the data of a snapshot, named by its name or folder, in the place of a seed' }],
  }),
} as const;

export const SNAPSHOT_SAVE_FLAGS = {
  replace: setting({
    type: boolean,
    default: 'false',
    flags: [{ spelling: '--replace', means: true, help: 'take the place of the snapshot that has this name' }],
  }),
} as const;

export const SNAPSHOT_REMOVE_FLAGS = {
  all: setting({
    type: boolean,
    default: 'false',
    flags: [{ spelling: '--all', means: true, help: 'every snapshot of this state folder' }],
  }),
} as const;

export const DRILL_FLAGS = {
  list: setting({
    type: boolean,
    default: 'false',
    flags: [{ spelling: '--list', means: true, help: 'what there is to drill and what must hold, and drill nothing' }],
  }),
  failFast: setting({
    type: boolean,
    default: 'false',
    flags: [{ spelling: '--fail-fast', means: true, help: 'stop at the first failed drill' }],
  }),
} as const;

export const HEALTH_FLAGS = {
  ca: setting({ type: file, default: REQUIRED, flags: [{ help: 'PEM file of the authority to trust' }] }),
  cert: setting({ type: file, default: null, flags: [{ help: 'PEM file of a client certificate' }] }),
  key: setting({ type: file, default: null, flags: [{ help: 'PEM file of its key' }] }),
  timeout: setting({
    type: duration({ minimum: 100, example: '3s' }),
    default: `${READYZ_MS / 1_000}s`,
    flags: [{ help: 'how long everything together may take' }],
  }),
} as const;

export const EVIDENCE_VERIFY_FLAGS = {
  ca: setting({ type: file, default: null, flags: [{ help: 'PEM file of the root to trust' }] }),
  fingerprint: setting({
    type: text('SHA-256 in hexadecimal, with colons or without', 'sha256'),
    default: null,
    flags: [{ help: 'fingerprint of the root to trust' }],
  }),
} as const;

export const SINK_FLAGS = {
  config: setting({ type: files, default: REQUIRED, flags: [{ help: 'YAML files, each laid over the one before' }] }),
} as const;

export const SERVE_FLAGS = {
  ...SINK_FLAGS,
  demo: setting({
    type: boolean,
    default: 'false',
    flags: [{ spelling: '--demo', means: true, help: 'seed the demo data that is missing' }],
  }),
  resetDemo: setting({
    type: boolean,
    default: 'false',
    flags: [{ spelling: '--reset-demo', means: true, help: 'reset the demo data first' }],
  }),
} as const;
