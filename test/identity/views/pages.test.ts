import { randomUUIDv7 } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { KMS_RESOURCE, KMS_SCOPES } from '#infra/magic/magic.ts';
import { type Html, renderHtml } from '#infra/html/html.ts';
import { consentPage as consentView } from '#identity/views/consent-page.ts';
import {
  confirmDevicePage as confirmDeviceView,
  deviceConnectedPage as deviceConnectedView,
  userCodePage as userCodeView,
} from '#identity/views/device-page.ts';
import { errorPage as errorView } from '#identity/views/error-page.ts';
import { loginPage as loginView } from '#identity/views/login-page.ts';
import { loggedOutPage as loggedOutView, logoutPage as logoutView } from '#identity/views/logout-page.ts';
import { scopeWords } from '#identity/views/scope-words.ts';
import { STYLESHEET, STYLESHEET_URL } from '#infra/html/look.ts';

const rendered =
  <A extends unknown[]>(view: (...args: A) => Html) =>
  (...args: A): string =>
    renderHtml(view(...args));
const loginPage = rendered(loginView);
const consentPage = rendered(consentView);
const userCodePage = rendered(userCodeView);
const confirmDevicePage = rendered(confirmDeviceView);
const deviceConnectedPage = rendered(deviceConnectedView);
const logoutPage = rendered(logoutView);
const loggedOutPage = rendered(loggedOutView);
const errorPage = rendered(errorView);

const HOSTILE = '"><img src=x onerror=alert(1)><script>';
const id = randomUUIDv7();
const form = { action: `/login/${id}`, csrfToken: `token-${id}` };

const everyPage = (text: string): Record<string, string> => ({
  login: loginPage({
    action: `/login/${text}`,
    csrfToken: text,
    clientName: text,
    username: text,
    problem: text,
    demoAccounts: [{ username: text, about: text }],
  }),
  consent: consentPage({
    action: `/consent/${text}`,
    csrfToken: text,
    clientName: text,
    username: text,
    scopes: [text],
    resources: [{ name: text, resource: text, scopes: [text] }],
    returnTo: text,
    remembered: { askedAgain: false, daysAway: 30 },
  }),
  device: userCodePage({ action: '/device', token: text, userCode: text, problem: text }),
  'device confirm': confirmDevicePage({
    form: '<form id="op.deviceConfirmForm"></form>',
    clientName: text,
    userCode: text,
    address: text,
    username: text,
  }),
  'device connected': deviceConnectedPage({ clientName: text }),
  logout: logoutPage({ form: '<form id="op.logoutForm"></form>', clientName: text }),
  'logged out': loggedOutPage({ clientName: text }),
  error: errorPage({ code: text, message: text, fix: text, traceId: text }),
});

describe('every page', () => {
  for (const [name, page] of Object.entries(everyPage(HOSTILE))) {
    it(`${name}: shows hostile text as text`, () => {
      expect(page).not.toContain('<img');
      expect(page).not.toContain('<script');
      expect(page).toContain('&quot;&gt;&lt;img src=x onerror=alert(1)&gt;');
    });
  }

  for (const [name, page] of Object.entries(everyPage(`text-${id}`))) {
    it(`${name}: says its language, has one title, one main and one heading, and only our style sheet`, () => {
      expect(page).toMatch(/^<!doctype html>\n<html lang="en">/);
      for (const tag of ['<title>', '<main>', '<h1>']) expect(page.split(tag)).toHaveLength(2);
      expect(page.match(/<link [^>]*>/g)).toEqual([
        '<link rel="icon" href="/assets/passthru.svg" type="image/svg+xml">',
        `<link rel="stylesheet" href="${STYLESHEET_URL}">`,
      ]);
    });

    it(`${name}: needs no script and holds no inline style or handler`, () => {
      expect(page).not.toMatch(/<script|<style|\sstyle=|\son[a-z]+=|javascript:/i);
    });

    it(`${name}: names every field with a label and every id once`, () => {
      for (const [input] of page.matchAll(/<input(?![^>]*type="hidden")[^>]*>/g)) {
        const field = /id="([^"]+)"/.exec(input)?.[1];
        expect(page).toContain(`<label for="${field}">`);
      }
      const ids = [...page.matchAll(/ id="([^"]+)"/g)].map(([, value]) => value);
      expect(new Set(ids).size).toBe(ids.length);
    });
  }
});

describe('the log-in page', () => {
  it('tells password managers what its fields are', () => {
    const page = loginPage({ ...form, clientName: `client-${id}` });
    expect(page).toMatch(/<input id="username"[^>]*autocomplete="username"/);
    expect(page).toMatch(/<input id="password"[^>]*type="password"[^>]*autocomplete="current-password"/);
  });

  it('reads a problem out and ties it to the fields', () => {
    const page = loginPage({ ...form, clientName: `client-${id}`, username: `user-${id}`, problem: 'wrong' });
    expect(page).toContain('role="alert"');
    expect(page.match(/aria-describedby="problem"/g)).toHaveLength(2);
    expect(page).toContain('<title>Error: log in');
    expect(page).toContain(`value="user-${id}"`);
  });

  it('lets one cancel without filling in anything', () => {
    expect(loginPage({ ...form, clientName: 'c' })).toContain('value="cancel" formnovalidate');
  });

  it('puts the focus on the first field that is to be filled in', () => {
    expect(loginPage({ ...form, clientName: 'c' })).toMatch(/<input id="username"[^>]* autofocus/);
    expect(loginPage({ ...form, clientName: 'c', username: 'u' })).toMatch(/<input id="password"[^>]* autofocus/);
    expect(loginPage({ ...form, clientName: 'c', username: 'u' }).match(/ autofocus/g)).toHaveLength(1);
  });
});

describe('the consent page', () => {
  it('lists client, user, scopes in words and by name, the resource, and where one goes afterwards', () => {
    const page = consentPage({
      ...form,
      clientName: `client-${id}`,
      username: `user-${id}`,
      scopes: ['openid', 'offline_access'],
      resources: [{ name: `service-${id}`, resource: KMS_RESOURCE, scopes: ['kms:crypto'] }],
      returnTo: 'http://127.0.0.1:4711',
      remembered: { askedAgain: true, daysAway: 30 },
    });
    for (const text of [`client-${id}`, `user-${id}`, `service-${id}`, KMS_RESOURCE, '127.0.0.1:4711']) expect(page).toContain(text);
    for (const scope of ['openid', 'offline_access', 'kms:crypto']) {
      expect(page).toContain(scopeWords(scope));
      expect(page).toContain(`<code>${scope}</code>`);
    }
  });

  it('has words for every scope of the KMS and of OpenID Connect', () => {
    for (const scope of ['openid', 'profile', 'email', 'offline_access', ...Object.keys(KMS_SCOPES), ...Object.values(KMS_SCOPES).flat()]) {
      expect(scopeWords(scope)).not.toContain(scope);
    }
  });

  it('names a scope that it has no words for', () => {
    expect(scopeWords(`other:${id}`)).toContain(`other:${id}`);
  });
});

/** WCAG 2.2 relative luminance and contrast. */
const luminance = (color: string): number => {
  const [r = 0, g = 0, b = 0] = [1, 3, 5]
    .map((at) => Number.parseInt(color.slice(at, at + 2), 16) / 255)
    .map((part) => (part <= 0.040_45 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const contrast = (one: string, other: string): number => {
  const [light = 0, dark = 0] = [luminance(one), luminance(other)].toSorted((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
};

describe('the style sheet', () => {
  const themes = [...STYLESHEET.matchAll(/:root \{([^}]*)\}/g)].map(([, body = '']) =>
    Object.fromEntries([...body.matchAll(/--([a-z-]+): (#[0-9a-f]{6})/g)].map(([, name, color]) => [name, color])),
  );

  it('has a light and a dark theme', () => expect(themes).toHaveLength(2));

  for (const [index, theme] of themes.entries()) {
    const color = (name: string): string => theme[name] ?? 'missing';
    it(`${index === 0 ? 'light' : 'dark'}: every text has a contrast of 4.5, every border of a field and focus one of 3`, () => {
      for (const [text, page] of [
        ['text', 'page'],
        ['text', 'card'],
        ['muted', 'card'],
        ['accent', 'card'],
        ['on-accent', 'accent'],
        ['alert', 'alert-page'],
      ] as const)
        expect(contrast(color(text), color(page)), `${text} on ${page}`).toBeGreaterThanOrEqual(4.5);
      for (const edge of ['line', 'accent', 'alert']) expect(contrast(color(edge), color('card'))).toBeGreaterThanOrEqual(3);
    });
  }
});
