import { randomUUID } from 'node:crypto';
import { Secret, TOTP } from 'otpauth';
import type { DatabaseKind } from '#infra/database/config.ts';
import { testPasswords } from './an-account-row.ts';
import { withDatabases } from '#test/support/database.ts';
import { type Browser, createBrowser, type Page } from '#test/support/identity-browser.ts';
import { ISSUER, startTestIdentity, type TestIdentity, unique } from '#test/support/identity.ts';

export const PASSWORD = 'a password of the test';

/** The code of an app at a moment. @param at epoch milliseconds */
export const codeOf = (secret: string, at: number): string => TOTP.generate({ secret: Secret.fromBase32(secret), timestamp: at });

/** Posts the form of a page that goes to a path, with its hidden fields. */
export const submitTo = (browser: Browser, page: Page, action: string, fields: Record<string, string> = {}): Promise<Page> => {
  const form = [...page.html.matchAll(/<form [^>]*action="([^"]*)"[^>]*>.*?<\/form>/gs)].find(([, to]) => to === action)?.[0];
  if (form === undefined) throw new Error(`${page.url} answered ${page.status} without a form to ${action}: ${page.html}`);
  const csrf = /name="_csrf" value="([^"]*)"/.exec(form)?.[1] ?? '';
  return browser.post(action, { _csrf: csrf, ...fields });
};

/** Adds an app to the account that a browser is logged in with. @param code makes the first code of a secret */
export const addApp = async (browser: Browser, code: (secret: string) => string) => {
  const page = await submitTo(browser, await browser.visit('/account'), '/account/totp', { decision: 'begin' });
  const secret = (/<code>([A-Z2-7 ]+)<\/code>/.exec(page.html)?.[1] ?? '').replaceAll(' ', '');
  const done = await submitTo(browser, page, '/account/totp', { decision: 'confirm', code: code(secret) });
  return { secret, recoveryCodes: [...done.html.matchAll(/<code>([a-z2-7-]{19})<\/code>/g)].map(([, shown = '']) => shown) };
};

export interface Person {
  readonly id: string;
  readonly username: string;
}

export interface FactorsWorld extends AsyncDisposable {
  readonly identity: TestIdentity;
  browser(): Browser;
  person(): Promise<Person>;
  /** Logs in at the account page; ends at the page that the log-in leads to. */
  logIn(browser: Browser, person: Person, password?: string): Promise<Page>;
  /** Adds an app to an account that is logged in. */
  addApp(browser: Browser): Promise<{ readonly secret: string; readonly recoveryCodes: readonly string[] }>;
  /** A code that was not used yet: each is of a later step. */
  freshCode(secret: string): string;
  /** Moves the clock of Identity. */
  wait(seconds: number): void;
}

/** A whole Identity with the demo, whose clock can be moved forward. */
export const factorsWorld = async (kind: DatabaseKind): Promise<FactorsWorld> => {
  await using stack = new AsyncDisposableStack();
  const databases = stack.use(await withDatabases(kind));
  let ahead = 0;
  const now = () => Date.now() + ahead;
  const identity = stack.use(await startTestIdentity({ now, overlay: { database: databases.config }, newPasswords: () => testPasswords }));
  const wait = (seconds: number): void => void (ahead += seconds * 1000);
  const freshCode = (secret: string): string => {
    wait(30);
    return codeOf(secret, now());
  };
  const cleanup = stack.move();
  return {
    identity,
    browser: () => createBrowser({ fetch: identity.fetch, origin: ISSUER }),
    person: async () => {
      const username = unique('person');
      const body = {
        username,
        password: PASSWORD,
        name: 'A Person',
        email: 'person@passthru.test',
        tenant_id: randomUUID(),
        roles: ['user'],
      };
      const made = await identity.admin('/admin/v1/accounts', { method: 'POST', body });
      return { id: ((await made.json()) as { id: string }).id, username };
    },
    logIn: async (browser, { username }, password = PASSWORD) =>
      submitTo(browser, await browser.visit('/account/login'), '/account/login', { username, password }),
    addApp: (browser) => addApp(browser, freshCode),
    freshCode,
    wait,
    [Symbol.asyncDispose]: () => cleanup.disposeAsync(),
  };
};
