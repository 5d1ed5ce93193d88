import type { Command } from 'commander';
import { DATABASES, type PartName, SERVICES } from '#engine/engine.ts';
import { type AddCommand, buildProgram, command, commandGroup } from './command-line/build-program.ts';
import {
  ACCOUNT_CREATE_HELP,
  AUDIT_HELP,
  BARRIER_HELP,
  CLIENT_CREATE_HELP,
  DEMO_HELP,
  HASH_PASSWORD_HELP,
  HEALTH_HELP,
  PREPARE_HELP,
  REALM_ADD_HELP,
  SIGNING_KEY_HELP,
  TENANT_CREATE_HELP,
  TRUST_HELP,
  UNTRUST_HELP,
} from './command-line/help-texts.ts';
import { type CliProcess, cliProcess } from './process/cli-process.ts';
import type { ExitCode } from './process/exit-codes.ts';
import {
  DOWN_FLAGS,
  HEALTH_FLAGS,
  LOGS_FLAGS,
  PREPARE_FLAGS,
  SERVE_FLAGS,
  SINK_FLAGS,
  TRUST_FLAGS,
  UNTRUST_FLAGS,
} from './settings/command-flags.ts';
import {
  ACCOUNT_CREATE_FLAGS,
  AUDIT_FLAGS,
  AUDIT_VERIFY_FLAGS,
  BARRIER_FLAGS,
  BARRIER_RESHARE_FLAGS,
  BARRIER_ROTATE_FLAGS,
  BARRIER_UNSEAL_FLAGS,
  CLIENT_CREATE_FLAGS,
  HASH_PASSWORD_FLAGS,
  REALM_ADD_FLAGS,
  SIGNING_KEY_FLAGS,
  TENANT_CREATE_FLAGS,
} from './settings/operator-flags.ts';
import { file, oneOf, text } from './settings/value-types.ts';

const TARGET = oneOf(['kms', 'identity', 'all'], 'what');
const PART = oneOf<PartName>([...SERVICES, ...DATABASES], 'part');

/**
 * The CLI, the only room that reads arguments, environment and terminal. A call goes: rows below → commander (command-line) →
 * `runCommand` (context), which resolves the settings and prepares printer and signals → the command (commands), on a stack →
 * events and results → reporters.
 *
 * This is every command, a row each. Its code is imported when it is called, so that the first words come at once.
 */
const COMMANDS: readonly AddCommand[] = [
  command({
    name: 'demo',
    summary: 'bring up, seed, wait, verify, run the flows, report',
    argument: { spelling: '<what>', help: 'what to show', type: TARGET },
    settings: ['stack', 'output', 'run', 'demo'],
    help: DEMO_HELP,
    run: async (call) => (await import('./commands/demo.ts')).demo(call),
  }),
  command({
    name: 'reset-demo',
    summary: 'reset and reseed demo data on running servers, verified, rolled back on failure',
    argument: {
      spelling: '[what]',
      help: 'what must run; every running server is reset, because KMS and Identity share tenant ids',
      type: TARGET,
      default: 'all',
    },
    settings: ['stack', 'output', 'run'],
    run: async (call) => (await import('./commands/reset-demo.ts')).resetDemoData(call),
  }),
  command({
    name: 'status',
    summary: 'every service with state, uptime, address and, when red, the cause',
    settings: ['stack', 'output'],
    run: async (call) => (await import('./commands/status.ts')).status(call),
  }),
  command({
    name: 'logs',
    summary: 'what the services logged',
    argument: { spelling: '[part]', help: 'one service, or the database of one', type: PART },
    flags: LOGS_FLAGS,
    settings: ['stack', 'output'],
    run: async (call) => (await import('./commands/logs.ts')).logs(call),
  }),
  command({
    name: 'down',
    summary: 'stop every service of the stack',
    flags: DOWN_FLAGS,
    settings: ['stack', 'output'],
    run: async (call) => (await import('./commands/down.ts')).down(call),
  }),
  command({
    name: 'prepare',
    summary: 'make certificates and secrets, also for plain Compose, and start nothing',
    flags: PREPARE_FLAGS,
    settings: ['stack', 'output', 'prepare'],
    help: PREPARE_HELP,
    run: async (call) => (await import('./commands/prepare.ts')).prepare(call),
  }),
  command({
    name: 'trust',
    summary: 'how browsers, languages and the system learn to trust the CA; with --install, set it',
    flags: TRUST_FLAGS,
    settings: ['stack', 'output'],
    help: TRUST_HELP,
    run: async (call) => (await import('./commands/trust/trust.ts')).trust(call),
  }),
  command({
    name: 'untrust',
    summary: 'take back what trust --install set',
    flags: UNTRUST_FLAGS,
    settings: ['stack', 'output'],
    help: UNTRUST_HELP,
    run: async (call) => (await import('./commands/trust/untrust.ts')).untrust(call),
  }),
  commandGroup('tenant', 'tenants of a running KMS', [
    command({
      name: 'create',
      summary: 'make a tenant and its first administrator',
      argument: { spelling: '<name>', help: 'lower-case letters, digits and hyphens', type: text('a name', 'name') },
      flags: TENANT_CREATE_FLAGS,
      settings: ['output'],
      help: TENANT_CREATE_HELP,
      run: async (call) => (await import('./commands/operator/tenant-create.ts')).tenantCreate(call),
    }),
  ]),
  commandGroup('realm', 'users of the KMS in realms.yml', [
    command({
      name: 'add',
      summary: 'hash the password of a user, and print the entry or put it into the file',
      argument: { spelling: '<username>', help: 'name for HTTP Basic', type: text('a user name', 'username') },
      flags: REALM_ADD_FLAGS,
      settings: ['output'],
      help: REALM_ADD_HELP,
      run: async (call) => (await import('./commands/operator/realm-add.ts')).realmAdd(call),
    }),
  ]),
  command({
    name: 'hash-password',
    summary: 'print a hash of a password, for realms.yml',
    flags: HASH_PASSWORD_FLAGS,
    settings: ['output'],
    help: HASH_PASSWORD_HELP,
    run: async (call) => (await import('./commands/operator/hash-password.ts')).hashPassword(call),
  }),
  commandGroup('account', 'accounts of a running Identity', [
    command({
      name: 'create',
      summary: 'make an account that a person logs in with',
      argument: { spelling: '<username>', help: 'name for the log-in page', type: text('a user name', 'username') },
      flags: ACCOUNT_CREATE_FLAGS,
      settings: ['output'],
      help: ACCOUNT_CREATE_HELP,
      run: async (call) => (await import('./commands/operator/account-create.ts')).accountCreate(call),
    }),
  ]),
  commandGroup('client', 'OAuth clients of a running Identity', [
    command({
      name: 'create',
      summary: 'make an OAuth client',
      argument: { spelling: '<id>', help: 'the client_id', type: text('a client id', 'id') },
      flags: CLIENT_CREATE_FLAGS,
      settings: ['output'],
      help: CLIENT_CREATE_HELP,
      run: async (call) => (await import('./commands/operator/client-create.ts')).clientCreate(call),
    }),
  ]),
  commandGroup('signing-key', 'keys with which a running Identity signs tokens', [
    command({
      name: 'list',
      summary: 'show the keys and their states',
      flags: SIGNING_KEY_FLAGS,
      settings: ['output'],
      help: SIGNING_KEY_HELP,
      run: async (call) => (await import('./commands/operator/signing-key.ts')).signingKeyList(call),
    }),
    command({
      name: 'rotate',
      summary: 'take the next key into use, as planned',
      flags: SIGNING_KEY_FLAGS,
      settings: ['output'],
      help: SIGNING_KEY_HELP,
      run: async (call) => (await import('./commands/operator/signing-key.ts')).signingKeyRotate(call),
    }),
    command({
      name: 'withdraw',
      summary: 'end the trust in a key that leaked, at once',
      argument: { spelling: '<kid>', help: 'key id, as list shows it', type: text('a key id', 'kid') },
      flags: SIGNING_KEY_FLAGS,
      settings: ['output'],
      help: SIGNING_KEY_HELP,
      run: async (call) => (await import('./commands/operator/signing-key.ts')).signingKeyWithdraw(call),
    }),
  ]),
  commandGroup('audit', 'records of what was done with the keys of a KMS', [
    command({
      name: 'head',
      summary: 'show how far it has come, signed',
      flags: AUDIT_FLAGS,
      settings: ['output'],
      help: AUDIT_HELP,
      run: async (call) => (await import('./commands/operator/audit.ts')).auditHeadCommand(call),
    }),
    command({
      name: 'export',
      summary: 'write all records and heads into a file, a line each',
      argument: { spelling: '<file>', help: 'the file to write', type: file },
      flags: AUDIT_FLAGS,
      settings: ['output'],
      help: AUDIT_HELP,
      run: async (call) => (await import('./commands/operator/audit.ts')).auditExport(call),
    }),
    command({
      name: 'verify',
      summary: 'check an export without the KMS: chains, signed heads, gaps',
      argument: { spelling: '<file>', help: 'an export', type: file },
      flags: AUDIT_VERIFY_FLAGS,
      settings: ['output'],
      help: AUDIT_HELP,
      run: async (call) => (await import('./commands/operator/audit-verify.ts')).auditVerify(call),
    }),
  ]),
  commandGroup('barrier', 'the seal and the key hierarchy of a running KMS', [
    command({
      name: 'status',
      summary: 'tell whether it is sealed, and which keys stand above the tenants',
      flags: BARRIER_FLAGS,
      settings: ['output'],
      help: BARRIER_HELP,
      run: async (call) => (await import('./commands/operator/barrier.ts')).barrierStatus(call),
    }),
    command({
      name: 'seal',
      summary: 'make it forget every key, until it is unsealed',
      flags: BARRIER_FLAGS,
      settings: ['output'],
      help: BARRIER_HELP,
      run: async (call) => (await import('./commands/operator/barrier.ts')).barrierSeal(call),
    }),
    command({
      name: 'unseal',
      summary: 'give it unseal shares',
      flags: BARRIER_UNSEAL_FLAGS,
      settings: ['output'],
      help: BARRIER_HELP,
      run: async (call) => (await import('./commands/operator/barrier.ts')).barrierUnseal(call),
    }),
    command({
      name: 'rotate',
      summary: 'make a new key of a level while it serves',
      argument: { spelling: '<level>', help: 'whose key', type: oneOf(['root', 'intermediate', 'content'], 'level') },
      flags: BARRIER_ROTATE_FLAGS,
      settings: ['output'],
      help: BARRIER_HELP,
      run: async (call) => (await import('./commands/operator/barrier.ts')).barrierRotate(call),
    }),
    command({
      name: 'reshare',
      summary: 'make new unseal shares in the place of the present ones',
      flags: BARRIER_RESHARE_FLAGS,
      settings: ['output'],
      help: BARRIER_HELP,
      run: async (call) => (await import('./commands/operator/barrier-reshare.ts')).barrierReshare(call),
    }),
  ]),
  command({
    name: 'health',
    summary: 'ask one https URL whether its service is ready: the probe of a container',
    argument: { spelling: '<url>', help: 'for example https://localhost:8081/readyz', type: text('a URL', 'url') },
    flags: HEALTH_FLAGS,
    help: HEALTH_HELP,
    run: async (call) => (await import('./commands/health.ts')).health(call),
  }),
  commandGroup('serve', 'run one server in the foreground', [
    command({
      name: 'kms',
      summary: 'run the KMS until it is told to stop',
      flags: SERVE_FLAGS,
      run: async (call) => (await import('./commands/serve.ts')).serveKms(call),
    }),
    command({
      name: 'identity',
      summary: 'run Identity until it is told to stop',
      flags: SERVE_FLAGS,
      run: async (call) => (await import('./commands/serve.ts')).serveIdentity(call),
    }),
    command({
      name: 'telemetry',
      summary: 'run telemetry until it is told to stop',
      isHidden: true,
      flags: SINK_FLAGS,
      run: async (call) => (await import('./commands/serve.ts')).serveTelemetry(call),
    }),
  ]),
];

/** The whole command line; nothing of a command but its row is loaded. */
export const commandTree = (cli: CliProcess): Command => buildProgram(COMMANDS, { process: cli, finish });

const finish = (code: ExitCode): void => void (process.exitCode = code);

/** Runs one command line; sets the exit code of the process and lets it end by itself. */
export const main = async (argv: readonly string[], cli = cliProcess(process)): Promise<void> => {
  const program = commandTree(cli);
  try {
    await program.parseAsync([...argv], { from: 'user' });
  } catch (thrown) {
    const { endWithUsage } = await import('./command-line/usage-errors.ts');
    finish(await endWithUsage(thrown, { program, argv, process: cli }));
  }
};
