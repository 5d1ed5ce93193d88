import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestIdentity, type TestIdentity } from '#test/support/identity.ts';
import { reservePorts } from '#test/support/ports.ts';
import { openDesktop } from '#test/support/recipes/desktop.ts';
import { ALL, prepared, RECIPES } from '#test/support/recipes/recipe.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';

/** Other programs run here beside the test, and with PASSTHRU_RECIPES=all they are fetched and compiled first. */
const TIMEOUT = ALL ? 600_000 : 60_000;
const GRANTED = 'openid profile offline_access kms:read';

let identity: TestIdentity;
let issuer: string;

beforeAll(async () => {
  const { identity: port } = await reservePorts();
  issuer = `https://localhost:${port}`;
  identity = await startTestIdentity({ issuer, overlay: { server: { port } } });
});
afterAll(() => identity?.[Symbol.asyncDispose]());

/** Runs a program that prints addresses for a browser, and opens each. @returns its other lines, up to the log-out */
const run = async ([program = '', ...args]: readonly string[], cwd: string): Promise<readonly string[]> => {
  await using desktop = openDesktop(await readFile(identity.tls.caFile, 'utf8'));
  const { PATH = '', HOME = '' } = process.env;
  const child = spawn(program, args, {
    cwd,
    env: { PATH, HOME, IDENTITY_URL: issuer, CA_FILE: identity.tls.caFile },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [closed, stderr] = [once(child, 'close'), text(child.stderr)];
  const lines: string[] = [];
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      if (line === 'Open this address in a browser:') continue;
      if (!/^https?:\/\//.test(line)) lines.push(line);
      // The page comes when the program is through with its part, so the next line may be there before the page is.
      else void desktop.open(line).catch((error: unknown) => child.kill() && lines.push(String(error)));
      // An application that is a server goes on.
      if (line === 'Logged out') child.kill();
    }
  } finally {
    child.kill();
    await closed;
  }
  return lines.at(-1) === 'Logged out' ? lines : [...lines, await stderr];
};

describe.each(RECIPES)('The recipe for $library', (recipe) => {
  it('logs a person in, refreshes, tells its tokens apart, revokes them and logs out', { timeout: TIMEOUT }, async ({ skip }) => {
    await using folder = await temporaryDirectory();
    const command = await prepared(recipe, { folder: folder.path, ca: identity.tls.caFile });
    if (typeof command === 'string') {
      // Node and its packages are here wherever tests run; with PASSTHRU_RECIPES=all everything has to be.
      if (recipe.folder === 'node' || ALL) throw new Error(command);
      console.log(command);
      return skip(command);
    }
    expect(await run(command, folder.path)).toEqual([
      'Logged in: Demo User',
      `Refreshed: ${GRANTED}`,
      `Accepted: ${GRANTED}`,
      expect.stringMatching(/^ID token refused: ./),
      'Active: true',
      'Active after revocation: false',
      'Logged out',
    ]);
  });
});
