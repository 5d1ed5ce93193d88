import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { App } from '#infra/http/server.ts';
import { createServer } from '#infra/http/server/create-server.ts';
import { readBodies } from '#infra/http/server/bodies.ts';
import { noTelemetry } from '#infra/telemetry/no-telemetry.ts';
import { describeFormError, formOf, protectForms } from '#identity/pages/forms/form-protection.ts';
import { makePki, type Pki } from '#test/support/pki.ts';

const newSecret = (): string => randomBytes(32).toString('base64url');
const PATH = '/form';

let pki: Pki;
beforeAll(async () => {
  pki = await makePki();
});
afterAll(() => pki[Symbol.asyncDispose]());

/** A server that shows a form and takes it. */
const serverWith = async (secrets: readonly [string, ...string[]]) => {
  const app: App = await createServer({ name: 'forms', tls: pki.server, clientCertificate: 'none', telemetry: noTelemetry() });
  await app.register(async (scope) => {
    const pages = scope as unknown as App;
    pages.setErrorHandler((error) => {
      throw describeFormError(error);
    });
    readBodies(pages, { reads: 'application/x-www-form-urlencoded' });
    await protectForms(pages, secrets);
    pages.get(PATH, async (request, reply) => ({ token: reply.generateCsrf({ userInfo: formOf(request) }) }));
    pages.post(PATH, { schema: { body: {} }, preHandler: pages.checkForm }, async () => ({ taken: true }));
  });
  return {
    show: async () => {
      const answer = await app.inject({ url: PATH });
      return {
        token: answer.json<{ token: string }>().token,
        cookies: Object.fromEntries(answer.cookies.map(({ name, value }) => [name, value])),
      };
    },
    take: async ({ token, cookies }: { readonly token: string; readonly cookies: Record<string, string> }) => {
      const payload = new URLSearchParams({ _csrf: token }).toString();
      const headers = { 'content-type': 'application/x-www-form-urlencoded' };
      return (await app.inject({ method: 'POST', url: PATH, payload, headers, cookies })).statusCode;
    },
    [Symbol.asyncDispose]: () => app.close(),
  };
};

describe('A form', () => {
  it('is taken after a rotation of the keys, as long as the one that it was shown under is kept', async () => {
    const [old, fresh, freshest] = [newSecret(), newSecret(), newSecret()];
    await using before = await serverWith([old]);
    await using after = await serverWith([fresh, old]);
    await using later = await serverWith([freshest, fresh, old]);
    await using atLast = await serverWith([freshest, fresh]);
    const form = await before.show();
    expect([await before.take(form), await after.take(form), await later.take(form), await atLast.take(form)]).toEqual([
      200, 200, 200, 403,
    ]);
    // What is shown now is under the newest.
    const { token, cookies } = await after.show();
    expect([await before.take({ token, cookies }), await after.take({ token, cookies }), await atLast.take({ token, cookies })]).toEqual([
      403, 200, 200,
    ]);
  });

  it('is refused without its cookie, its token, and with those of another, whatever keys there are', async () => {
    await using server = await serverWith([newSecret(), newSecret()]);
    const [form, other] = [await server.show(), await server.show()];
    expect([
      await server.take({ ...form, cookies: {} }),
      await server.take({ ...form, token: '' }),
      await server.take({ ...form, token: other.token }),
      await server.take(form),
    ]).toEqual([403, 403, 403, 200]);
  });
});
