import { execFile } from 'node:child_process';
import { access, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Browser, BrowserContext } from 'playwright-core';
import { chromium } from 'playwright-core';
import { temporaryDirectory } from './temporary-directory.ts';

const EXECUTABLE = '/usr/bin/chromium';
const run = promisify(execFile);

const isThere = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  );

/** Why there is no real browser to test with, or null when there is one. */
export const browserProblem = async (): Promise<string | null> => {
  const missing: string[] = [];
  for (const file of [EXECUTABLE, '/usr/bin/certutil']) if (!(await isThere(file))) missing.push(file);
  return missing.length === 0 ? null : `${missing.join(' and ')} are missing: install the packages chromium and libnss3-tools`;
};

/**
 * The same, for a test that is left out without a browser.
 *
 * @throws in CI when there is none
 */
export const missingBrowser = async (): Promise<string | null> => {
  const problem = await browserProblem();
  if (problem !== null && process.env['CI'] === 'true') throw new Error(`CI must test in a browser: ${problem}`);
  return problem;
};

/** Requests that Chromium dropped because a network of this machine came or went, and as many as a test was made again for. */
const dropped = { requests: 0, forgiven: 0 };

const countDropped = (context: BrowserContext): void => {
  context.on('requestfailed', (request) => {
    if (request.failure()?.errorText === 'net::ERR_NETWORK_CHANGED') dropped.requests += 1;
  });
};

/**
 * For the suites of a browser: a test that fails is made again where Chromium dropped a request meanwhile, because a network of this
 * machine came or went, as those of containers do. No flag of Chromium keeps it from that, not even on the loopback. A test that fails
 * for any other reason fails at once.
 */
export const RETRY_ON_NEW_NETWORK = {
  count: 3,
  condition: (): boolean => {
    const isToBlame = dropped.requests > dropped.forgiven;
    dropped.forgiven = dropped.requests;
    if (isToBlame) process.stderr.write('a network of this machine came or went, and Chromium dropped a request: once more\n');
    return isToBlame;
  },
};

/**
 * Chromium with a home of its own, in which one CA is trusted and certificate errors stay errors.
 *
 * @param options.ports where the browser finds a server: `localhost:8082` is dialled on that port of 127.0.0.1
 */
export const startChromium = async (options: {
  readonly caFile: string;
  /** Another one, for a server of its own. */
  readonly otherCaFile?: string;
  readonly ports: Readonly<Record<string, number>>;
}): Promise<AsyncDisposable & { readonly browser: Browser }> => {
  await using opened = new AsyncDisposableStack();
  const home = opened.use(await temporaryDirectory()).path;
  const database = `sql:${join(home, '.pki/nssdb')}`;
  await mkdir(join(home, '.pki/nssdb'), { recursive: true });
  await run('certutil', ['-N', '--empty-password', '-d', database]);
  const roots = [options.caFile, ...[options.otherCaFile ?? []].flat()];
  for (const [index, file] of roots.entries())
    await run('certutil', ['-A', '-d', database, '-n', `test-root-${index}`, '-t', 'C,,', '-i', file]);
  const rules = Object.entries(options.ports).map(([from, port]) => `MAP ${from} 127.0.0.1:${port}`);
  const { browser } = opened.use(await chromiumAt(home, [`--host-resolver-rules=${rules.join(',')}`]));
  const resources = opened.move();
  return { browser, [Symbol.asyncDispose]: () => resources.disposeAsync() };
};

/** Chromium with a home that is there: it trusts what the database of NSS in it says, and certificate errors stay errors. */
export const chromiumAt = async (home: string, more: readonly string[] = []): Promise<AsyncDisposable & { readonly browser: Browser }> => {
  const browser = await chromium.launch({
    executablePath: EXECUTABLE,
    args: ['--no-sandbox', '--disable-background-networking', ...more],
    env: { HOME: home, PATH: '/usr/bin:/bin' },
  });
  const newContext = browser.newContext.bind(browser);
  browser.newContext = async (options) => {
    const context = await newContext(options);
    countDropped(context);
    return context;
  };
  return { browser, [Symbol.asyncDispose]: () => browser.close() };
};
