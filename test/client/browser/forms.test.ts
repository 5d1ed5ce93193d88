import { describe, expect, it } from 'vitest';
import { parseForms } from '#client/browser/forms.ts';
import { renderHtml } from '#infra/html/html.ts';
import { secondFactorPage } from '#identity/views/second-factor-page.ts';
import { loginPage } from '#identity/views/login-page.ts';
import { consentPage } from '#identity/views/consent-page.ts';
import { unique } from '#test/support/demo-engine.ts';

describe('parseForms', () => {
  it('reads action, hidden fields and the first submit button, as Enter would send them', () => {
    const token = unique('token');
    const [form] = parseForms(`
      <form method="post" action="/login/1?a=1&amp;b=2">
        <input type=hidden name=_csrf value='${token}'>
        <input name="username" value="some &quot;one&quot;">
        <input type="password" name="password">
        <input type="checkbox" name="unchecked" value="on"><input type="checkbox" name="checked" value="on" checked>
        <button name="decision" value="login">Log in</button>
        <button name="decision" value="cancel">Cancel</button>
      </form>`);
    expect(form).toEqual({
      action: '/login/1?a=1&b=2',
      method: 'POST',
      fields: { _csrf: token, username: 'some "one"', password: '', checked: 'on', decision: 'login' },
      passwords: ['password'],
      asksForCode: false,
    });
  });

  it('finds a button that stands outside and names its form', () => {
    const [form] = parseForms(
      '<form id="op.form" method="post" action="/x"></form><button form="op.form" name="logout" value="yes">Yes</button>',
    );
    expect(form?.fields).toEqual({ logout: 'yes' });
  });

  it('ignores what is in a comment, and a > inside a quoted value', () => {
    const forms = parseForms(`<!-- <form action="/evil"> --><form action="/good"><input name="a" value="1 > 0"></form>`);
    expect(forms).toEqual([{ action: '/good', method: 'GET', fields: { a: '1 > 0' }, passwords: [], asksForCode: false }]);
  });

  it('decodes numeric entities and leaves unknown ones alone', () => {
    expect(parseForms('<form><input name="a" value="&#39;&#x41;&nosuch;"></form>')[0]?.fields).toEqual({ a: "'A&nosuch;" });
  });

  it('knows a form that asks for a code of an app', () => {
    const page = secondFactorPage({
      action: '/there',
      csrfToken: unique('csrf'),
      purpose: 'a client',
      username: 'someone',
      code: true,
      app: true,
    });
    expect(parseForms(renderHtml(page))).toMatchObject([{ action: '/there', passwords: [], asksForCode: true }]);
  });

  it("presses log in on Identity's login page and allow on its consent page", () => {
    const shared = { action: '/there', csrfToken: unique('csrf'), clientName: unique('client') };
    const login = parseForms(renderHtml(loginPage({ ...shared, username: 'someone' })))[0];
    const consent = parseForms(
      renderHtml(
        consentPage({
          ...shared,
          username: 'someone',
          scopes: ['openid'],
          resources: [],
          returnTo: 'https://localhost',
          remembered: { askedAgain: false, daysAway: null },
        }),
      ),
    )[0];
    expect(login?.fields).toMatchObject({ _csrf: shared.csrfToken, username: 'someone', decision: 'login' });
    expect(login?.passwords).toEqual(['password']);
    expect(consent?.fields).toEqual({ _csrf: shared.csrfToken, decision: 'allow' });
  });
});
