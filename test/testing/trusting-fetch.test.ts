import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { trustingFetch, type TrustingFetch } from '#testing/trusting-fetch.ts';
import { listening } from '#test/support/listening.ts';
import { makePki, type Pki } from '#test/support/pki.ts';

let pki: Pki;
let origin: string;
let other: string;
let made: TrustingFetch;
const resources = new AsyncDisposableStack();

/** Tells what it was asked; some paths answer in other ways. */
const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
  const { pathname, searchParams } = new URL(request.url ?? '', origin);
  if (pathname === '/hang') return;
  if (pathname === '/empty') return void response.writeHead(204).end();
  if (pathname === '/moved') {
    const location = searchParams.get('to') ?? '/moved';
    return void response.writeHead(Number(searchParams.get('status') ?? 302), { location }).end('moved');
  }
  const body = await text(request);
  const headers = { 'content-type': 'application/json', 'set-cookie': ['a=1', 'b=2'] };
  response.writeHead(pathname === '/missing' ? 404 : 200, headers);
  response.end(JSON.stringify({ method: request.method, path: request.url, headers: request.headers, body }));
};

const serve = async (): Promise<string> => {
  const tls = { cert: readFileSync(pki.server.cert), key: readFileSync(pki.server.key) };
  const server = createServer(tls, (request, response) => void answer(request, response));
  return `https://localhost:${resources.use(await listening(server)).port}`;
};

beforeAll(async () => {
  pki = resources.use(await makePki());
  [origin, other] = [await serve(), await serve()];
  made = trustingFetch({ ca: pki.ca, origins: [origin] });
  resources.defer(() => made.close());
});
afterAll(() => resources.disposeAsync());

interface Told {
  readonly method: string;
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: string;
}

const asked = async (...args: Parameters<typeof fetch>): Promise<Told> => (await (await made.fetch(...args)).json()) as Told;

describe('The fetch of a stack', () => {
  it('asks a server of the stack, and answers as fetch does', async () => {
    const response = await made.fetch(`${origin}/missing?a=b`, { headers: { authorization: 'Bearer x' } });
    expect([response.status, response.statusText, response.ok, response.url, response.redirected]).toEqual([
      404,
      'Not Found',
      false,
      `${origin}/missing?a=b`,
      false,
    ]);
    expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
    const told = (await response.json()) as Told;
    expect([told.method, told.path, told.headers['authorization']]).toEqual(['GET', '/missing?a=b', 'Bearer x']);
  });

  it('takes a Request, a URL and a body of any kind', async () => {
    expect(await asked(new Request(`${origin}/`, { method: 'PUT', body: 'text' }))).toMatchObject({ method: 'PUT', body: 'text' });
    const form = await asked(new URL(origin), { method: 'POST', body: new URLSearchParams({ a: 'b c' }) });
    expect(form.body).toBe('a=b+c');
    expect(form.headers).toMatchObject({ 'content-length': '5', 'content-type': expect.stringContaining('x-www-form-urlencoded') });
    expect(await asked(origin, { method: 'POST', body: Buffer.from('bytes') })).toMatchObject({ body: 'bytes' });
  });

  it('has an answer without a body where the status has none', async () => {
    const response = await made.fetch(`${origin}/empty`);
    expect([response.status, response.body, await response.text()]).toEqual([204, null, '']);
  });

  it.each([
    [302, 'POST', 'GET', ''],
    [303, 'PUT', 'GET', ''],
    [307, 'POST', 'POST', 'x'],
    [301, 'PUT', 'PUT', 'x'],
  ])('follows a redirect by %i of %s with %s', async (status, method, then, body) => {
    const response = await made.fetch(`${origin}/moved?status=${status}&to=/there`, {
      method,
      body: 'x',
      headers: { authorization: 'Bearer x' },
    });
    expect([response.redirected, response.url]).toEqual([true, `${origin}/there`]);
    expect(await response.json()).toMatchObject({ method: then, body, headers: { authorization: 'Bearer x' } });
  });

  it('leaves redirects to the caller, refuses them, and gives up after twenty, as fetch does', async () => {
    expect((await made.fetch(`${origin}/moved`, { redirect: 'manual' })).status).toBe(302);
    await expect(made.fetch(`${origin}/moved`, { redirect: 'error' })).rejects.toThrow(new TypeError('fetch failed'));
    await expect(made.fetch(`${origin}/moved`)).rejects.toMatchObject({ cause: new Error('redirect count exceeded') });
  });

  it('ends with the reason of a signal that aborts', async () => {
    const caller = new AbortController();
    const hung = made.fetch(`${origin}/hang`, { signal: caller.signal });
    caller.abort(new Error('no more'));
    await expect(hung).rejects.toThrow('no more');
    await expect(made.fetch(`${origin}/hang`, { signal: AbortSignal.timeout(50) })).rejects.toMatchObject({ name: 'TimeoutError' });
  });

  it('trusts the CA for the servers of the stack only: others are asked by the global fetch, which does not know it', async () => {
    await expect(made.fetch(other)).rejects.toThrow('fetch failed');
    await expect(made.fetch(`${origin}/moved?to=${encodeURIComponent(other)}`)).rejects.toThrow('fetch failed');
    expect(await (await made.fetch('data:text/plain,other')).text()).toBe('other');
  });

  it('does not trust another CA for the servers of the stack', async () => {
    await using foreign = await makePki();
    const { fetch, close } = trustingFetch({ ca: foreign.ca, origins: [origin] });
    await expect(fetch(origin)).rejects.toMatchObject({ cause: { code: expect.stringMatching(/SELF_SIGNED|UNABLE_TO/) } });
    close();
  });

  it('goes on after its connections were closed', async () => {
    await asked(origin);
    made.close();
    expect(await asked(origin)).toMatchObject({ method: 'GET' });
  });
});
