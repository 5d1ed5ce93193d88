#!/usr/bin/env node
// Plain JavaScript that old versions of Node parse: it must live long enough to say what is wrong with them.
import { existsSync } from 'fs';
import * as nodeModule from 'module';
import { homedir } from 'os';
import { isAbsolute, join } from 'path';
import { fileURLToPath } from 'url';

// At SIGUSR1 Node opens a debugger, which every user of the machine reaches; with a listener it does not. The servers of a stack are
// started with --disable-sigusr1, so that there is no moment before this one.
process.on('SIGUSR1', () => {});

// The first process of a container ignores a signal that nobody listens for: without this, a stop while the code loads, or waits for
// something, would take until the container is killed. Where others listen, too, it is for them.
if (process.pid === 1) process.on('SIGTERM', () => process.listenerCount('SIGTERM') === 1 && process.exit(143));

const MINIMUM = 24;

/** The user's own cache folder; null where the user has no home: neither HOME nor an entry in /etc/passwd. */
const cacheFolder = () => {
  const configured = process.env.XDG_CACHE_HOME || '';
  if (isAbsolute(configured)) return configured;
  let home = '';
  try {
    home = homedir();
  } catch (error) {
    if (error.code !== 'ERR_SYSTEM_ERROR') throw error;
  }
  return isAbsolute(home) ? join(home, '.cache') : null;
};

/** A process whose working folder was removed cannot tell where it is. */
const isSomewhere = () => {
  try {
    return process.cwd() !== '';
  } catch (error) {
    if (error.code === 'ENOENT') return false;
    throw error;
  }
};

/** Whether a path of this package is there. */
const isThere = (path) => existsSync(new URL('../' + path, import.meta.url));

/**
 * The code to run: that of bundle/, a folder a program; in a checkout src/, as soon as something that the program is made of has changed since
 * then. An image has the program of its server alone, which is then that of every command.
 */
const entry = async () => {
  const root = new URL('..', import.meta.url);
  const [, , command, server] = process.argv;
  const isServed = command === 'serve' && ['kms', 'identity'].includes(server) && isThere('bundle/' + server);
  const program = isServed ? server : 'cli';
  const isBundled = !isThere('src') || (await import('./bundle.js')).isCurrent(fileURLToPath(root), [program]);
  return new URL(isBundled ? 'bundle/' + program + '/main.js' : 'src/cli/main.ts', root);
};

const start = async () => {
  if (!isSomewhere()) {
    process.stderr.write('passthru cannot start: the working folder was removed.\nFix: change to a folder that is there.\n');
    process.exitCode = 2;
    return;
  }
  if (process.argv[2] === 'serve') await restartAsServer();
  // Compiled modules are kept between runs, so that the second start is the fast one; in the user's own cache folder,
  // because what lies in the shared temporary folder others could have put there. Where it cannot be written, there is none.
  const cache = cacheFolder();
  if (nodeModule.enableCompileCache && cache !== null) nodeModule.enableCompileCache(join(cache, 'passthru', 'compiled'));
  const cli = await import((await entry()).href);
  await cli.main(process.argv.slice(2));
};

/** Signals that end a command; the one that runs in the place of this process decides what they do. */
const ENDS = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** Runs the same command on the Node that came with this package, and ends as it ends. */
const startOn = (spawn, program) => {
  const child = spawn(program, ['--disable-sigusr1', ...process.argv.slice(1)], { stdio: 'inherit' });
  // A terminal sends SIGINT to both; what is sent to this process alone goes on.
  const hasTerminal = [process.stdin, process.stdout, process.stderr].some((stream) => stream.isTTY);
  for (const signal of ENDS) process.on(signal, () => (signal === 'SIGINT' && hasTerminal) || child.kill(signal));
  child.on('error', failed);
  child.on('exit', (code, signal) => {
    if (signal === null) {
      process.exitCode = code;
      return;
    }
    for (const each of ENDS) process.removeAllListeners(each);
    process.kill(process.pid, signal);
  });
};

const tooOld = () => {
  process.stderr.write(
    'passthru needs Node ' +
      MINIMUM +
      ' or newer; this is Node ' +
      process.versions.node +
      ' (' +
      process.execPath +
      '), and the Node that comes with it is not there: npm left optional packages out, or has none for this machine.\n' +
      'Fix: install it again with its optional packages, or install Node ' +
      MINIMUM +
      ' or newer.\n',
  );
  process.exitCode = 64;
};

const failed = (error) => {
  // One of ours says what to do; of any other, all that is known of it helps.
  const isOurs = error && typeof error.fix === 'string';
  const words = isOurs ? error.message + '\nFix: ' + error.fix : (error && error.stack) || error;
  process.stderr.write('passthru cannot start: ' + words + '\n');
  process.exitCode = 2;
};

/** Looks for the Node that came with this package only now, because a Node that is new enough needs none of it. */
const startElsewhere = async () => {
  const [{ ownNode }, { spawn }] = await Promise.all([import('./own-node.js'), import('child_process')]);
  const program = ownNode();
  if (program === null) tooOld();
  else startOn(spawn, program);
};

/**
 * A server that was started without its options or variables goes on as the same process with them, so that one that is started by hand is
 * like every other. Where a system cannot do that, it runs without them, and warns.
 */
const restartAsServer = async () => {
  const { SERVER_OPTIONS, SERVER_VARIABLES } = await import('./server-options.js');
  const missing = SERVER_OPTIONS.filter((option) => !process.execArgv.includes(option));
  const variables = { ...SERVER_VARIABLES, ...process.env };
  const isWhole = missing.length === 0 && Object.keys(variables).every((name) => process.env[name] !== undefined);
  if (isWhole || process.execve === undefined) return;
  process.execve(process.execPath, [process.execPath, ...process.execArgv, ...missing, ...process.argv.slice(1)], variables);
};

const isNewEnough = Number(process.versions.node.split('.')[0]) >= MINIMUM;
(isNewEnough ? start() : startElsewhere()).catch(failed);
