import type { EventEmitter } from 'node:events';
import type { KoaContextWithOIDC, Provider } from 'oidc-provider';
import { expect, test } from 'vitest';
import { fillInUserCode, leaveNewSession, tokenOfForm } from '#identity/provider/seams/device-pages.ts';
import { startBareProvider } from './bare-provider.ts';

const forms: string[] = [];
const configuration = {
  features: {
    deviceFlow: {
      enabled: true,
      userCodeInputSource: (ctx: KoaContextWithOIDC, form: string) => {
        forms.push(form);
        ctx.body = form;
      },
    },
  },
};

const install = (provider: Provider): void => {
  provider.use(async (context, next) => {
    const ctx = context as unknown as KoaContextWithOIDC;
    await next();
    fillInUserCode(ctx, ({ token, userCode }) => `<p>ours</p>${token} ${userCode}`);
  });
};

test('oidc-provider posts a code of the address by a script; with the seam the page asks first', async () => {
  await using bare = await startBareProvider({ configuration });
  await using mended = await startBareProvider({ configuration, install });

  const before = await (await bare.send('/device?user_code=BBBB-CCCC')).text();
  const after = await (await mended.send('/device?user_code=BBBB-CCCC')).text();

  expect(before).toMatch(/<script>[^]*submit\(\)[^]*name="user_code" value="BBBB-CCCC"/);
  expect(after).toMatch(/^<p>ours<\/p>[0-9a-f]{48} BBBB-CCCC$/);
});

test('a browser without a cookie gets a bare 500 of oidc-provider in the place of an error; with the seam the page', async () => {
  const pageOf = (leave: (ctx: KoaContextWithOIDC) => void) => ({
    features: {
      deviceFlow: {
        enabled: true,
        userCodeInputSource: (ctx: KoaContextWithOIDC) => {
          leave(ctx);
          ctx.body = 'a page';
        },
      },
    },
  });
  const init = { method: 'POST', body: new URLSearchParams({ xsrf: 'x', user_code: 'x' }) };
  await using bare = await startBareProvider({ configuration: pageOf(() => {}) });
  await using mended = await startBareProvider({ configuration: pageOf(leaveNewSession) });
  const errors: unknown[] = [];
  (bare.provider as unknown as EventEmitter).on('error', (error) => void errors.push(error));

  const [before, after] = [await bare.send('/device', init), await mended.send('/device', init)];

  expect([before.status, String(errors[0])]).toEqual([500, expect.stringContaining('previously persisted Sessions')]);
  expect([after.status, await after.text()]).toEqual([400, 'a page']);
});

test('the token of its form, whose field has a handler and no label, is read for a form of ours', async () => {
  await using mended = await startBareProvider({ configuration, install });

  await mended.send('/device');

  expect(forms.at(-1)).toContain('onfocus=');
  expect(tokenOfForm(forms.at(-1) ?? '')).toMatch(/^[0-9a-f]{48}$/);
  expect(() => tokenOfForm('<form></form>')).toThrow('no xsrf token');
});
