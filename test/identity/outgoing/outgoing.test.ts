import { copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lookupPublic } from '#infra/http/client/public-addresses.ts';
import type { Attributes } from '#infra/telemetry/telemetry.ts';
import type { OutgoingConfig } from '#identity/outgoing/config.ts';
import { outgoingIssues } from '#identity/outgoing/config.ts';
import { createOutgoing } from '#identity/outgoing/create-outgoing.ts';
import type { Outgoing } from '#identity/outgoing/outgoing.ts';
import { type RelyingParty, startRelyingParty } from '#test/identity/support/relying-party.ts';
import { makePki, type Pki } from '#test/support/pki.ts';

let pki: Pki;
let stranger: Pki;
let party: RelyingParty;

beforeAll(async () => {
  [pki, stranger] = await Promise.all([makePki(), makePki()]);
  party = await startRelyingParty(pki.server, ({ path }, response) => {
    if (path === '/redirect') response.writeHead(302, { location: `${party.origin}/elsewhere` }).end();
    else if (path === '/large') response.end('x'.repeat(70_000));
    else if (path === '/broken') response.writeHead(500).end();
    else if (path === '/empty') response.writeHead(204).end();
    else response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'max-age=7' }).end('{"keys":[]}');
  });
});
afterAll(async () => {
  await Promise.all([party, pki, stranger].map((each) => each[Symbol.asyncDispose]()));
});

interface Told {
  readonly lines: readonly (readonly [string, Attributes | undefined])[];
  readonly counted: readonly Attributes[];
}

const open = async (
  config: Partial<OutgoingConfig> = {},
  options: Partial<Parameters<typeof createOutgoing>[0]> = {},
): Promise<Outgoing & Told> => {
  const lines: [string, Attributes | undefined][] = [];
  const counted: Attributes[] = [];
  const note = (message: string, attributes?: Attributes): void => void lines.push([message, attributes]);
  const outgoing = await createOutgoing({
    config: { origins: [party.origin], authorities: [], others: 'refuse', ...config },
    ca: pki.server.ca,
    telemetry: {
      log: { debug: note, info: note, warn: note, error: note },
      counter:
        () =>
        (_value, attributes = {}) =>
          void counted.push(attributes),
    },
    ...options,
  });
  return { ...outgoing, lines, counted };
};

describe('Requests of Identity', () => {
  it('reach an origin of the configuration on the loopback, over verified TLS, and say nothing of who asks', async () => {
    await using outgoing = await open();
    const answer = await outgoing.fetch(`${party.origin}/jwks`, { headers: { accept: 'application/json', 'user-agent': 'made up' } });

    expect([answer.status, answer.headers.get('cache-control'), await answer.json()]).toEqual([200, 'max-age=7', { keys: [] }]);
    const { headers } = party.received.at(-1) ?? {};
    expect(Object.keys(headers ?? {}).toSorted()).toEqual(['accept', 'connection', 'host']);
    expect(outgoing.counted).toEqual([{ operation: 'GET', outcome: 'answered' }]);
    expect(outgoing.lines).toEqual([]);
  });

  it('carry a form, and take an answer without a body', async () => {
    await using outgoing = await open();
    const body = new URLSearchParams({ logout_token: 'a b' });
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };

    expect((await outgoing.fetch(`${party.origin}/empty`, { method: 'POST', headers, body })).status).toBe(204);
    expect(party.received.at(-1)).toMatchObject({ method: 'POST', body: 'logout_token=a+b', headers });
  });

  it.each([
    ['another port', (origin: string) => origin.replace(/\d+$/, '1')],
    ['another name of the same address', (origin: string) => origin.replace('localhost', '127.0.0.1')],
    ['http', (origin: string) => origin.replace('https', 'http')],
    ['credentials in the address', (origin: string) => origin.replace('localhost', 'user:pass@localhost')],
    ['a name that begins as an allowed one', (origin: string) => `${origin}.evil.example`.replace(/:\d+/, '')],
  ])('go to nobody else: %s', async (_what, change) => {
    await using outgoing = await open();
    const before = party.received.length;
    const url = `${change(party.origin)}/jwks`;

    await expect(outgoing.fetch(url)).rejects.toMatchObject({ code: 'origin-not-allowed' });
    expect(outgoing.whyNot(url)).toMatch(/^outgoing.origins of the configuration does not name http/);
    expect(party.received).toHaveLength(before);
    expect(outgoing.counted).toEqual([{ operation: 'GET', outcome: 'failed', reason: 'origin-not-allowed' }]);
  });

  it('name the cause of a failure in log and metrics, without the query of the address', async () => {
    await using outgoing = await open({ origins: [party.origin, 'https://localhost:1'] });
    const failures = [
      await outgoing.fetch('https://localhost:1/jwks?key=secret').catch((error: unknown) => error),
      await outgoing.fetch(`${party.origin}/large`, { method: 'POST' }).catch((error: unknown) => error),
      (await outgoing.fetch(`${party.origin}/redirect`)).status,
      (await outgoing.fetch(`${party.origin}/broken`)).status,
    ];

    expect(failures).toMatchObject([{ code: 'connection-refused' }, { code: 'response-too-large' }, 302, 500]);
    expect(outgoing.lines.map(([message]) => message)).toEqual([
      'GET https://localhost:1/jwks by Identity failed: localhost:1 refuses connections',
      expect.stringMatching(/^POST .*\/large by Identity failed: the answer of .* is larger than 65536 bytes$/),
      expect.stringMatching(/\/redirect by Identity failed: it answered 302, and redirects are not followed$/),
      expect.stringMatching(/\/broken by Identity failed: it answered 500$/),
    ]);
    expect(outgoing.lines[0]?.[1]).toMatchObject({ 'server.address': 'localhost', 'server.port': 1, code: 'connection-refused' });
    expect(outgoing.counted.map(({ reason }) => reason)).toEqual(['connection-refused', 'response-too-large', 'status', 'status']);
    expect(party.received.filter(({ path }) => path === '/elsewhere')).toEqual([]);
  });

  it('do not repeat a fetch that has just failed, whoever makes them', async () => {
    let now = 0;
    await using outgoing = await open({ origins: ['https://localhost:1'] }, { elapsed: () => now });
    const ask = () => outgoing.fetch('https://localhost:1/jwks').then(String, (error: { code: string }) => error.code);

    expect([await ask(), await ask(), ((now = 5_000), await ask())]).toEqual([
      'connection-refused',
      'recently-failed',
      'connection-refused',
    ]);
    expect(outgoing.lines).toHaveLength(2);
  });

  it('believe no authority but ours and those that the configuration names, and take renewed ones up', async () => {
    const authority = join(pki.folder, 'authority.pem');
    await copyFile(stranger.server.ca, authority);
    await using foreign = await startRelyingParty(stranger.server);
    await using closed = await open({ origins: [foreign.origin] });
    await using outgoing = await open({ origins: [foreign.origin], authorities: [authority] });

    await expect(closed.fetch(foreign.origin, { method: 'POST' })).rejects.toMatchObject({ code: 'tls-failed' });
    expect((await outgoing.fetch(foreign.origin, { method: 'POST' })).status).toBe(200);
    await copyFile(pki.server.ca, authority);
    for (const job of outgoing.jobs) await job.run(new AbortController().signal);
    await expect(outgoing.fetch(foreign.origin, { method: 'POST' })).rejects.toMatchObject({ code: 'tls-failed' });
    await writeFile(authority, 'no certificate');
    await expect(outgoing.jobs[0]?.run(new AbortController().signal)).rejects.toMatchObject({ code: 'tls-file-unreadable' });
    await expect(open({ authorities: [authority] })).rejects.toThrow(/authority\.pem .* cannot be read/);
  });
});

describe('Requests of Identity to addresses of the internet', () => {
  it.each([
    ['https://127.0.0.1:9443/', '127.0.0.1:9443 lies at 127.0.0.1, which is no address of the internet'],
    ['https://2130706433/', '127.0.0.1 lies at 127.0.0.1, which is no address of the internet'],
    ['https://[::ffff:10.0.0.1]/', '[::ffff:a00:1] lies at ::ffff:a00:1, which is no address of the internet'],
    ['https://169.254.169.254/', '169.254.169.254 lies at 169.254.169.254, which is no address of the internet'],
    ['https://localhost:9443/', 'localhost lies at '],
  ])('refuse %s', async (url, message) => {
    await using outgoing = await open({ origins: [], others: 'public' });

    await expect(outgoing.fetch(url)).rejects.toMatchObject({ code: 'address-not-public', message: expect.stringContaining(message) });
  });

  it('go to the addresses that were looked at, and to no private one that a name has afterwards', async () => {
    const answers = ['93.184.215.14', '127.0.0.1'];
    const asked: string[] = [];
    const lookup = lookupPublic(((name: string, _options: unknown, done: (error: null, found: object[]) => void) => {
      asked.push(name);
      done(null, [{ address: answers.shift(), family: 4 }]);
    }) as never);
    const given: unknown[] = [];
    await using outgoing = await open(
      { origins: [], others: 'public' },
      {
        lookup: (name, options, done) =>
          lookup(name, options, (error, found, family) => {
            given.push(error ?? found);
            // No connection leaves the machine of the test.
            done(error ?? new Error('as far as the test goes'), found, family);
          }),
      },
    );
    const ask = () => outgoing.fetch('https://rebinding.example/', { method: 'POST' }).catch((error: { code: string }) => error.code);

    expect([await ask(), await ask()]).toEqual(['connection-failed', 'address-not-public']);
    expect(given).toMatchObject([[{ address: '93.184.215.14' }], { code: 'address-not-public' }]);
    expect(asked).toEqual(['rebinding.example', 'rebinding.example']);
  });

  it('trust no authority of ours there', async () => {
    // The one address of the name is let through, so that what is left to refuse is the certificate.
    await using outgoing = await open(
      { origins: [], others: 'public' },
      {
        lookup: (_name, options, done) =>
          options.all === true ? done(null, [{ address: '127.0.0.1', family: 4 }]) : done(null, '127.0.0.1', 4),
      },
    );

    await expect(outgoing.fetch(party.origin)).rejects.toMatchObject({ code: 'tls-failed' });
  });
});

describe('The section outgoing', () => {
  it('wants each origin in the form in which it is compared', () => {
    const origins = ['https://a.example', 'https://A.example', 'https://a.example:443', 'https://a:b:c'];

    expect(outgoingIssues({ origins, authorities: [], others: 'refuse' })).toEqual([
      expect.objectContaining({ field: '/outgoing/origins/1', fix: 'Write https://a.example.' }),
      expect.objectContaining({ field: '/outgoing/origins/2' }),
      expect.objectContaining({ field: '/outgoing/origins/3', message: expect.stringContaining('is no origin') }),
    ]);
  });
});
