import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, readFile } from 'node:fs/promises';
import { devNull } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { callbackOf, walk } from '#client/browser/walk.ts';
import { createSession } from '#client/session/session.ts';
import type { ClosableHttpsClient } from '#infra/http/client.ts';
import { createHttpsClient } from '#infra/http/client/create-https-client.ts';
import { type DemoPlace, demoPlace } from '#test/support/cli.ts';
import { ROOT } from '#test/support/engine.ts';
import { makePki } from '#test/support/pki.ts';

interface Sample {
  readonly language: string;
  /** The oldest version that will do, `3.9` for example. */
  readonly since: string;
  /** As the page prints it. */
  readonly command: string;
}

const ROW = /^\| (?<language>\w+) \| (?<since>[\d.]+) or later \| `(?<command>[^`]+)` \|$/gm;
const page = await readFile(join(ROOT, 'docs/write-an-app.md'), 'utf8');
const samples = [...page.matchAll(ROW)].map(({ groups }) => groups as unknown as Sample);

/** Languages that every machine with CI=true must have; the others are tested where they are. */
const ALWAYS: readonly string[] = ['Python', 'Node'];

const versionOf = async (program: string): Promise<readonly number[] | null> => {
  const asked = promisify(execFile)(program, [program === 'go' ? 'version' : '--version']);
  const { stdout } = await asked.catch(() => ({ stdout: '' }));
  return /(\d+)\.(\d+)/.exec(stdout)?.slice(1).map(Number) ?? null;
};

/** Why a sample cannot run on this machine; null where it can. @throws in CI, where the language is one that must be there */
const problemOf = async ({ language, since, command }: Sample): Promise<string | null> => {
  const [major = 0, minor = 0] = since.split('.').map(Number);
  const [hasMajor = 0, hasMinor = 0] = (await versionOf(command.split(' ')[0] ?? '')) ?? [];
  if (hasMajor > major || (hasMajor === major && hasMinor >= minor)) return null;
  const problem = `the sample in ${language} is left out: ${language} ${since} or later is missing on this machine`;
  if (ALWAYS.includes(language) && process.env['CI'] === 'true') throw new Error(problem);
  console.log(problem);
  return problem;
};

const problems = new Map(await Promise.all(samples.map(async (sample) => [sample.language, await problemOf(sample)] as const)));

let place: DemoPlace;
let client: ClosableHttpsClient;

beforeAll(async () => {
  place = await demoPlace();
  const { code, stdout } = await place.run('demo', 'all');
  if (code !== 0) throw new Error(stdout);
  await cp(join(ROOT, 'docs/samples'), join(place.folder, 'docs/samples'), { recursive: true });
  client = createHttpsClient({ ca: await readFile(join(place.stateDir, 'tls/ca.pem')) });
}, 120_000);
afterAll(async () => {
  await client?.[Symbol.asyncDispose]();
  await place?.[Symbol.asyncDispose]();
}, 60_000);

/** Logs in as demo-user at the address, as somebody with a browser would. @returns the redirect back to the sample */
const logIn = async (address: string): Promise<URL> => {
  const redirectUri = new URL(address).searchParams.get('redirect_uri') ?? '';
  const account = { username: 'demo-user', password: 'demo-user-password' };
  return callbackOf(await walk({ session: createSession({ client }), url: address, redirectUri, account }));
};

/** Runs a command of the page in the folder of the demo, and lets `browse` answer the address that it prints. */
const run = async (command: string, browse: (address: string) => Promise<URL>, env: Record<string, string> = {}) => {
  const [program = '', ...args] = command.split(' ');
  const { kms, identity } = place.ports;
  const urls = { IDENTITY_URL: `https://localhost:${identity}`, KMS_URL: `https://localhost:${kms}` };
  const { PATH = '', HOME = '' } = process.env;
  const child = spawn(program, args, {
    cwd: place.folder,
    env: { PATH, HOME, ...urls, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [closed, stderr] = [once(child, 'close'), text(child.stderr)];
  try {
    const lines: string[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      lines.push(line);
      if (line.startsWith(urls.IDENTITY_URL)) await fetch(await browse(line));
    }
    const [code] = (await closed) as [number | null];
    return { code, lines, stderr: await stderr };
  } finally {
    child.kill();
  }
};

it('The page has a sample in four languages', () => {
  expect(samples.map(({ language }) => language)).toEqual(['Python', 'Node', 'Java', 'Go']);
});

const runnable = samples.filter(({ language }) => problems.get(language) === null);

describe.each(runnable)('The sample in $language', ({ language, command }) => {
  it('logs a person in, encrypts, and prints the decrypted text', async () => {
    const { code, lines, stderr } = await run(command, logIn);
    expect([code, stderr]).toEqual([0, '']);
    expect(lines.slice(2)).toEqual([
      'Logged in: Demo User',
      expect.stringMatching(/^Ciphertext: eyJ[\w-]+(\.[\w-]+){4}$/),
      `Decrypted: Hello from ${language}`,
    ]);
  });

  it.each(['state', 'iss'])('takes no code with a foreign %s', async (name) => {
    const forged = async (address: string): Promise<URL> => {
      const callback = await logIn(address);
      callback.searchParams.set(name, 'https://foreign.example');
      return callback;
    };
    const { code, lines, stderr } = await run(command, forged);
    expect(code).not.toBe(0);
    expect(stderr).toContain('no log-in, or not this one');
    expect(lines.slice(2)).toEqual([]);
  });

  it('speaks to nobody whose certificate is of another authority', async () => {
    await using other = await makePki();
    const { code, lines, stderr } = await run(command, logIn, { CA_FILE: other.server.ca });
    expect(code).not.toBe(0);
    expect(stderr).toMatch(/certificate|PKIX/i);
    expect(lines).toEqual([]);
  });
});

const SERVICES = join(ROOT, 'docs/samples/services');

/** Why a sample of services cannot run on this machine; null where it can. The module of Go is taken from its cache, never fetched. */
const lackOf = async (program: string, args: readonly string[]): Promise<string | null> => {
  const env = { ...process.env, GOPROXY: 'off', GOFLAGS: '-mod=readonly' };
  const lack = await promisify(execFile)(program, args, { cwd: SERVICES, env }).then(
    () => null,
    () => `the sample of services is left out: \`${program} ${args.join(' ')}\` fails on this machine`,
  );
  if (lack !== null) console.log(lack);
  return lack;
};

const [python, authlib, go] = await Promise.all([
  lackOf('python3', ['-c', 'import requests']),
  lackOf('python3', ['-c', 'import authlib']),
  lackOf('go', ['build', '-o', devNull, '.']),
]);

describe('The samples of services at the KMS', () => {
  const runIn = async (folder: string, program: string, args: readonly string[]) => {
    const urls = { IDENTITY_URL: `https://localhost:${place.ports.identity}`, KMS_URL: `https://localhost:${place.ports.kms}` };
    const { PATH = '', HOME = '' } = process.env;
    const env = { PATH, HOME, GOPROXY: 'off', ...urls };
    const { stdout, stderr } = await promisify(execFile)(program, args, { cwd: join(place.folder, folder), env });
    return { lines: stdout.trimEnd().split('\n'), stderr };
  };
  const others = ['password: by a password', 'certificate: by a certificate', 'API key: by an API key'];
  const token = 'client credentials: by a token';

  it.skipIf(python !== null)('in Python encrypts and decrypts by each credential, by a token where Authlib is there', async () => {
    const { lines, stderr } = await runIn('.', 'python3', ['docs/samples/services/services.py', place.stateDir]);
    const first = authlib === null ? token : 'client credentials: left out, Authlib is missing';
    expect([lines, stderr]).toEqual([[first, ...others], '']);
  });

  it.skipIf(go !== null)('in Go encrypts and decrypts by each credential', { timeout: 120_000 }, async () => {
    const { lines, stderr } = await runIn('docs/samples/services', 'go', ['run', '.', place.stateDir]);
    expect([lines, stderr]).toEqual([[token, ...others], '']);
  });
});
