import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createLogInByHand, type LogInByHandOptions } from '#cli/commands/by-hand/log-in-by-hand.ts';
import { unique } from '#test/support/demo-engine.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';

const NOWHERE = { platform: 'linux', env: {}, isTerminal: true } as const;
const never = new AbortController().signal;

/** A log-in that waits for a browser, and what its person was told. */
const waiting = async (change: Partial<LogInByHandOptions> = {}, signal = never) => {
  const told: string[] = [];
  const browser = await createLogInByHand({ surroundings: NOWHERE, tell: (text) => told.push(text), ...change }).begin();
  const state = unique('state');
  const address = new URL(`https://localhost:8082/oauth2/authorize?state=${state}`);
  const coming = browser.visit(address, signal);
  coming.catch(() => undefined);
  const back = (query: string, init?: RequestInit): Promise<Response> => fetch(`${browser.redirectUri}?${query}`, init);
  return { told, browser, state, address, coming, back, [Symbol.asyncDispose]: () => browser[Symbol.asyncDispose]() };
};

describe('A log-in by hand', () => {
  it('waits on a loopback port for the redirect with its state, and ends the browser on a page', async () => {
    await using here = await waiting();
    expect(here.browser.redirectUri).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/callback$/);
    const shown = here.back(`code=abc&state=${here.state}`);
    expect((await here.coming).searchParams.get('code')).toBe('abc');
    here.browser.tell('You are logged in', '<b>as you</b>');
    const page = await shown;
    const text = await page.text();
    expect(page.status).toBe(200);
    expect(text).toContain('<h1>You are logged in</h1><p>&lt;b&gt;as you&lt;/b&gt;</p>');
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'; style-src 'sha256-");
    expect(page.headers.get('cache-control')).toBe('no-store');
    expect(page.headers.get('referrer-policy')).toBe('no-referrer');
  });

  it.each([
    ['another state', 'code=abc&state=other', 400],
    ['no state', 'code=abc', 400],
  ])('answers a visit with %s itself, and goes on waiting', async (_what, query, status) => {
    await using here = await waiting();
    expect((await here.back(query)).status).toBe(status);
    const shown = here.back(`code=right&state=${here.state}`);
    expect((await here.coming).searchParams.get('code')).toBe('right');
    here.browser.tell('Well', 'done');
    expect((await shown).status).toBe(200);
  });

  it('takes no other method and no other path', async () => {
    await using here = await waiting();
    expect((await here.back(`code=a&state=${here.state}`, { method: 'POST' })).status).toBe(404);
    expect((await fetch(new URL('/favicon.ico', here.browser.redirectUri))).status).toBe(404);
  });

  it('tells the browser that it went wrong where nothing else was told', async () => {
    const here = await waiting();
    const shown = here.back(`error=access_denied&state=${here.state}`);
    expect((await here.coming).searchParams.get('error')).toBe('access_denied');
    await here[Symbol.asyncDispose]();
    expect(await (await shown).text()).toContain('This did not go well');
  });

  it('gives up after its time, and says what it waited for; and at once when the run is interrupted', async () => {
    await using late = await waiting({ patienceMs: 10 });
    await expect(late.coming).rejects.toMatchObject({ code: 'log-in-timeout', fix: expect.stringContaining('without --browser') });
    const run = new AbortController();
    await using interrupted = await waiting({}, run.signal);
    run.abort(new Error('interrupted'));
    await expect(interrupted.coming).rejects.toThrow('interrupted');
  });

  it('prints the address where no browser can be opened, with the reason and an account', async () => {
    await using here = await waiting();
    await expect.poll(() => here.told.join('')).toContain(here.address.href);
    expect(here.told.join('')).toMatch(
      /Open this address in a browser \(there is no screen\):\n\n {2}https:[^\n]+\n\n {2}Log in as demo-user/,
    );
  });

  it('opens the address with the program of the desktop where there is one, and prints it all the same', async () => {
    await using folder = await temporaryDirectory();
    const [program, seen] = [join(folder.path, 'xdg-open'), join(folder.path, 'seen')];
    await writeFile(program, `#!/bin/sh\nprintf %s "$1" > ${seen}\n`);
    await chmod(program, 0o755);
    await using here = await waiting({ surroundings: { ...NOWHERE, env: { DISPLAY: ':0', PATH: folder.path } } });
    await expect.poll(() => here.told.join('')).toContain('A browser shows this address:');
    expect(here.told.join('')).toContain(here.address.href);
    expect(await readFile(seen, 'utf8')).toBe(here.address.href);
  });
});
