import { expect, it } from 'vitest';
import { renderHtml, markup } from '#infra/html/html.ts';
import { STYLESHEET } from '#infra/html/look.ts';
import { type AccountForms, accountPage } from '#identity/views/account/account-page.ts';
import { type GrantView, grantList } from '#identity/views/account/grant-list.ts';
import { sessionList, type SessionView } from '#identity/views/account/session-list.ts';
import { layout } from '#identity/views/layout.ts';

const form = { action: '/account/grants', csrfToken: 'token' };

const grant = (clientId: string, clientName: string, grantedAt: number): GrantView => ({
  reference: `${clientId}-${grantedAt}`,
  clientId,
  clientName,
  scopes: ['openid'],
  grantedAt,
});

it('grants of one application stand under its name once, each with a button of its own, and two applications of one name stay two', () => {
  const grants = [
    grant('a', 'Notes', 1_000_000),
    grant('b', 'Mail', 1_100_000),
    grant('a', 'Notes', 1_200_000),
    // A number as its id moves it to no other place.
    grant('7', 'Mail', 1_300_000),
  ];
  const html = renderHtml(markup`${grantList(grants, form)}`);
  expect([...html.matchAll(/<strong>(.*?)<\/strong>/g)].map(([, name]) => name)).toEqual(['Notes', 'Mail', 'Mail']);
  const buttons = [...html.matchAll(/name="grant" value="(.*?)" aria-label="(.*?)"/g)];
  expect(buttons.map(([, reference]) => reference)).toEqual(['a-1000000', 'a-1200000', 'b-1100000', '7-1300000']);
  expect(new Set(buttons.map(([, , label]) => label)).size).toBe(4);
});

it.each([
  [20, null],
  [22, 2],
])('of %d sessions beside that of this browser, which comes first, twenty are shown and the rest is a number: %s', (others, more) => {
  const session = (n: number): SessionView => ({
    reference: `session-${n}`,
    loggedInAt: n,
    lastUsedAt: n,
    amr: ['pwd'],
    isThis: n === others,
    clientNames: [],
  });
  const html = renderHtml(
    markup`${sessionList(
      Array.from({ length: others + 1 }, (_, n) => session(n)),
      form,
    )}`,
  );
  const shown = [...html.matchAll(/name="session" value="session-(\d+)"/g)].map(([, n]) => Number(n));
  expect(shown).toEqual([others, ...Array.from({ length: 20 }, (_, n) => n)]);
  expect(/And (\d+) more/.exec(html)?.[1] ?? null).toBe(more === null ? null : String(more));
});

it('a page of names and addresses is wider than a form', () => {
  const page = renderHtml(layout({ title: 'Account', width: 'roomy', content: markup`` }));
  expect(page).toContain('<body class="roomy">');
  expect(renderHtml(layout({ title: 'Log in', content: markup`` }))).toContain('<body>');
  const widthOf = (rule: string) => Number(new RegExp(`^${rule} \\{[^}]*max-width: (\\d+)rem`, 'm').exec(STYLESHEET)?.[1]);
  expect(widthOf('\\.roomy main')).toBeGreaterThan(widthOf('main'));
});

it.each([
  [0, 'There are none.'],
  [1, '1 is left.'],
  [8, '8 are left.'],
])('an account with a second factor and %d recovery codes is told so: %s', (recoveryCodesLeft, words) => {
  const names = ['logOut', 'sessions', 'grants', 'totp', 'recoveryCodes', 'removePasskey'];
  const page = accountPage({
    username: 'ann',
    name: 'Ann',
    email: 'ann@passthru.test',
    roles: [],
    sessions: [],
    grants: [],
    factors: { totp: { addedAt: 0 }, passkeys: [], recoveryCodesLeft },
    isFresh: true,
    forms: Object.fromEntries(names.map((name) => [name, form])) as unknown as AccountForms,
  });
  expect(renderHtml(page)).toContain(`<strong>Recovery codes</strong>\n<span>${words}</span>`);
});
