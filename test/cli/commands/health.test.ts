import { randomUUIDv7 } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { createServer as createHttpsServer } from 'node:https';
import { createServer as createTcpServer } from 'node:net';
import type { RequestListener } from 'node:http';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { health } from '#cli/commands/health.ts';
import { main } from '#cli/main.ts';
import { HEALTH_FLAGS } from '#cli/settings/command-flags.ts';
import type { TlsFiles } from '#infra/tls/config.ts';
import { readTls, serverTlsOptions } from '#infra/tls/options.ts';
import { prepareTls } from '#infra/tls/authority/store.ts';
import { fakeProcess } from '#test/support/fake-cli.ts';
import { listening } from '#test/support/listening.ts';
import { makePki, type Pki } from '#test/support/pki.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';

let pki: Pki;
let stranger: Pki;

beforeAll(async () => {
  [pki, stranger] = await Promise.all([makePki(), makePki()]);
});
afterAll(() => Promise.all([pki[Symbol.asyncDispose](), stranger[Symbol.asyncDispose]()]));
afterEach(() => {
  process.exitCode = 0;
});

const service = async (answer: RequestListener, options: { mutual?: boolean; maxVersion?: 'TLSv1.2'; files?: TlsFiles } = {}) => {
  const tls = serverTlsOptions(await readTls(options.files ?? pki.server), options.mutual === true ? 'require' : 'none');
  const { maxVersion } = options;
  return listening(createHttpsServer({ ...tls, ...(maxVersion && { minVersion: maxVersion, maxVersion }) }, answer));
};

const asked = async (url: string, files: { timeout?: string; ca?: string; cert?: string; key?: string } = {}) => {
  const cli = fakeProcess({ cwd: '/' });
  const stated = { ca: pki.server.ca, ...files };
  const code = await health({ command: 'health', argument: url, stated, flags: HEALTH_FLAGS, process: cli });
  return { code, ...cli.written };
};

const ready: RequestListener = (_request, response) => void response.end('{"status":"ready"}');

describe('passthru health', () => {
  it('exits 0 with one line when the URL answers 200', async () => {
    await using server = await service(ready);
    const url = `https://localhost:${server.port}/readyz`;
    const { code, out, err } = await asked(url);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(new RegExp(`^ready: ${url} answers 200 after \\d+ ms\n$`));
  });

  it('shows its client certificate where the service asks for one', async () => {
    await using server = await service(ready, { mutual: true });
    const url = `https://localhost:${server.port}/readyz`;
    expect(await asked(url)).toMatchObject({
      code: 1,
      out: expect.stringMatching(/^the connection to .* failed: .*certificate required/i),
    });
    expect(await asked(url, { cert: pki.client.cert, key: pki.client.key })).toMatchObject({ code: 0 });
  });

  it.each([
    ['the reason', 503, '{"reason":"database is down: refused","detail":"other"}', 'answers 503: database is down: refused'],
    ['else the detail', 429, '{"detail":"Too many requests."}', 'answers 429: Too many requests.'],
    ['else what the status means', 404, '<html>', 'answers 404: Not Found'],
    ['not a redirect followed', 302, 'null', 'answers 302: Found'],
    ['one line, whatever is sent', 500, JSON.stringify({ reason: 'a\nb\u001B[2Jc\u202Ed' }), 'answers 500: a b [2Jc d'],
  ])('exits 1 and says status and reason: %s', async (_which, status, body, said) => {
    await using server = await service((_request, response) => void response.writeHead(status, { location: '/readyz' }).end(body));
    const url = `https://localhost:${server.port}/readyz`;
    expect(await asked(url)).toEqual({ code: 1, out: `${url} ${said}\n`, err: '' });
  });

  it('exits 1 when the certificate is of another authority, for another name, or TLS is below 1.3', async () => {
    await using server = await service(ready);
    await using old = await service(ready, { maxVersion: 'TLSv1.2' });
    await using folder = await temporaryDirectory();
    const names = ['elsewhere.example'];
    const store = await prepareTls({ directory: folder.path, leaves: [{ name: 'other', kind: 'server', commonName: 'other', names }] });
    await using elsewhere = await service(ready, { files: store.leaf('other') });
    const failed = (why: string) => expect.stringMatching(new RegExp(`^the connection to localhost:\\d+ failed: .*(${why})`, 'i'));
    const url = (port: number) => `https://localhost:${port}/`;
    expect(await asked(url(server.port), { ca: stranger.server.ca })).toMatchObject({ code: 1, out: failed('local issuer certificate') });
    expect(await asked(url(elsewhere.port), { ca: store.caFile })).toMatchObject({
      code: 1,
      out: failed("does not match certificate's altnames"),
    });
    expect(await asked(url(old.port))).toMatchObject({ code: 1, out: failed('protocol version') });
  });

  it('exits 1 when nothing listens, and names what refuses', async () => {
    const server = await service(ready);
    await server[Symbol.asyncDispose]();
    expect(await asked(`https://localhost:${server.port}/readyz`)).toEqual({
      code: 1,
      out: `localhost:${server.port} refuses connections\n`,
      err: '',
    });
  });

  it('is bounded in time and says what it waited for: the handshake, the answer, its end', async () => {
    await using silent = await listening(createTcpServer(() => {}));
    await using deaf = await service(() => {});
    await using endless = await service((_request, response) => void response.write('{'));
    const url = (port: number) => `https://localhost:${port}/readyz`;
    const timeout = '300ms';
    expect(await asked(url(silent.port), { timeout })).toMatchObject({
      code: 1,
      out: `waited 300 ms in vain for the TLS handshake of localhost:${silent.port}\n`,
    });
    expect((await asked(url(deaf.port), { timeout })).out).toBe(`waited 300 ms in vain for ${url(deaf.port)} to answer\n`);
    expect((await asked(url(endless.port), { timeout })).out).toBe(
      `waited 300 ms in vain for the end of the answer of ${url(endless.port)}\n`,
    );
  });

  it('reads no answer without end', async () => {
    await using server = await service((_request, response) => void response.end('x'.repeat(100_000)));
    expect(await asked(`https://localhost:${server.port}/`)).toMatchObject({
      code: 1,
      out: expect.stringContaining('the answer is longer than 65536 characters'),
    });
  });

  it('exits 1 and names the flag of a file that cannot be read or holds no certificate', async () => {
    await using server = await service(ready);
    const url = `https://localhost:${server.port}/`;
    expect(await asked(url, { ca: `/nowhere/${randomUUIDv7()}.pem` })).toMatchObject({
      code: 1,
      out: expect.stringMatching(/^the file of --ca cannot be read: ENOENT/),
    });
    const broken = join(pki.folder, `${randomUUIDv7()}.pem`);
    await writeFile(broken, 'no certificate');
    expect((await asked(url, { cert: broken, key: pki.client.key })).code).toBe(1);
  });

  it.each([
    ['health localhost:8081/readyz --ca x', '<url> must be https, not localhost', 'Write https://'],
    ['health /readyz --ca x', '<url> is not a URL', 'https://localhost:8081/readyz'],
    ['health http://localhost/readyz --ca x', '<url> must be https, not http', 'Write https://'],
    ['health https://a:b@localhost/ --ca x', '<url> holds a credential', '--cert takes a certificate'],
    ['health https://localhost/ --ca x --cert y', '--key is missing beside --cert', 'together'],
    ['health https://localhost/ --ca x --key y', '--cert is missing beside --key', 'together'],
    ['health https://localhost/', "required option '--ca <file>' not specified", '--help'],
    ['health --ca x', "missing required argument 'url'", 'For example `passthru health https:'],
  ])('"%s" is a usage error, exit code 64: %s', async (line, said, fix) => {
    const cli = fakeProcess({ cwd: '/' });
    await main(line.split(' '), cli);
    expect(process.exitCode).toBe(64);
    expect(cli.written.out).toBe('');
    expect(cli.written.err.replaceAll(/\s+/g, ' ')).toContain(said);
    expect(cli.written.err.replaceAll(/\s+/g, ' ')).toContain(fix);
  });
});
