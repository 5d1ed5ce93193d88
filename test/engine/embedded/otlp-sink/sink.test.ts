import { spawn } from 'node:child_process';
import { randomUUIDv7 } from 'node:crypto';
import { once } from 'node:events';
import { appendFile, mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { connect } from 'node:tls';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readRecords } from '#engine/embedded/otlp-sink/records.ts';
import type { HttpsClient } from '#infra/http/client.ts';
import { createHttpsClient } from '#infra/http/client/create-https-client.ts';
import { makePki, type Pki } from '#test/support/pki.ts';
import { type RunningSink, startSink } from '#test/support/sink.ts';

let pki: Pki;
let sink: RunningSink;
let client: HttpsClient;

beforeAll(async () => {
  pki = await makePki();
});
afterAll(async () => pki[Symbol.asyncDispose]());

beforeEach(async () => {
  sink = await startSink(pki);
  client = createHttpsClient({ ca: pki.ca, cert: pki.client.certPem, key: pki.client.keyPem, timeoutMs: 20_000 });
});
afterEach(async () => {
  await client[Symbol.asyncDispose]();
  await sink[Symbol.asyncDispose]();
});

const json = { 'content-type': 'application/json' };
const tracesNamed = (name: string) => ({ resourceSpans: [{ scopeSpans: [{ spans: [{ name }] }] }] });
const post = (path: string, body: string | Buffer | Record<string, unknown>, headers: Record<string, string> = json) =>
  client.request({ method: 'POST', url: `${sink.endpoint}${path}`, headers, body });

describe('the telemetry sink', () => {
  it('keeps each kind of signal in its own file, oldest first', async () => {
    const names = Array.from({ length: 3 }, () => randomUUIDv7());
    for (const name of names) expect((await post('/v1/traces', tracesNamed(name))).status).toBe(200);
    await post('/v1/metrics', { resourceMetrics: [names[0]] });
    await post('/v1/logs', { resourceLogs: [names[1]] });
    expect(await sink.records('traces')).toEqual(names.map(tracesNamed));
    expect(await sink.records('metrics')).toEqual([{ resourceMetrics: [names[0]] }]);
    expect(await sink.records('logs')).toEqual([{ resourceLogs: [names[1]] }]);
    expect((await readdir(sink.directory)).toSorted()).toEqual(['logs.jsonl', 'metrics.jsonl', 'traces.jsonl']);
  });

  it('answers an export as OTLP says: 200 and an empty object of JSON', async () => {
    const response = await post('/v1/traces', tracesNamed(randomUUIDv7()));
    expect(response.headers['content-type']).toBe('application/json');
    expect(response.json()).toEqual({});
  });

  it('writes one line for a body of many', async () => {
    const name = randomUUIDv7();
    await post('/v1/traces', JSON.stringify(tracesNamed(name), null, 2));
    expect(await sink.records('traces')).toEqual([tracesNamed(name)]);
  });

  it('takes gzip', async () => {
    const name = randomUUIDv7();
    const body = gzipSync(JSON.stringify(tracesNamed(name)));
    expect((await post('/v1/traces', body, { ...json, 'content-encoding': 'gzip' })).status).toBe(200);
    expect(await sink.records('traces')).toEqual([tracesNamed(name)]);
  });

  it('keeps fifty concurrent exports whole', async () => {
    const names = Array.from({ length: 50 }, () => randomUUIDv7().repeat(200));
    const responses = await Promise.all(names.map((name) => post('/v1/traces', tracesNamed(name))));
    expect(new Set(responses.map((response) => response.status))).toEqual(new Set([200]));
    const kept = (await sink.records('traces')).map((record) => JSON.stringify(record)).toSorted();
    expect(kept).toEqual(names.map((name) => JSON.stringify(tracesNamed(name))).toSorted());
  });

  it.each([
    ['text', '/v1/traces', 'hello', { 'content-type': 'text/plain' }, 415],
    ['protobuf', '/v1/traces', '\n\0', { 'content-type': 'application/x-protobuf' }, 415],
    ['brotli', '/v1/traces', '{}', { ...json, 'content-encoding': 'br' }, 415],
    ['no JSON', '/v1/traces', '{', json, 400],
    ['a list', '/v1/traces', '[]', json, 400],
    ['null', '/v1/traces', 'null', json, 400],
    ['logs as traces', '/v1/traces', '{"resourceLogs":[]}', json, 400],
    ['a member that is no list', '/v1/traces', '{"resourceSpans":{}}', json, 400],
    ['a member of the prototype', '/v1/traces', '{"__proto__":{"resourceSpans":[]}}', json, 400],
    ['false gzip', '/v1/traces', 'not gzip', { ...json, 'content-encoding': 'gzip' }, 400],
    ['an unknown signal', '/v1/profiles', '{}', json, 404],
    ['a path upwards', '/v1/../v1/traces/../../etc', '{}', json, 404],
  ])('refuses %s with Problem Details and keeps nothing', async (_what, path, body, headers, status) => {
    const response = await post(path, body, headers);
    expect(response.status).toBe(status);
    expect(response.headers['content-type']).toBe('application/problem+json');
    expect(response.json()).toMatchObject({ status, code: expect.any(String) });
    expect(await sink.records('traces')).toEqual([]);
  });

  it('refuses a method that a route does not take, and names the one that it does', async () => {
    const response = await client.request({ url: `${sink.endpoint}/v1/traces` });
    expect(response.status).toBe(405);
    expect(response.headers['allow']).toBe('POST');
  });

  it('refuses a body above 16 MiB, and one that is above only once it is unpacked', async () => {
    const large = JSON.stringify(tracesNamed('x'.repeat(17 * 1024 * 1024)));
    expect((await post('/v1/traces', large)).status).toBe(413);
    expect((await post('/v1/traces', gzipSync(large), { ...json, 'content-encoding': 'gzip' })).status).toBe(413);
    expect(await sink.records('traces')).toEqual([]);
  });

  it('refuses a client without a certificate, and one of another authority', async () => {
    await using stranger = await makePki();
    const body = tracesNamed(randomUUIDv7());
    for (const identity of [{}, { cert: stranger.client.certPem, key: stranger.client.keyPem }]) {
      await using other = createHttpsClient({ ca: pki.ca, ...identity });
      await expect(other.request({ method: 'POST', url: `${sink.endpoint}/v1/traces`, headers: json, body })).rejects.toMatchObject({
        code: expect.stringMatching(/tls-failed|connection-failed/),
      });
    }
    expect(await sink.records('traces')).toEqual([]);
  });

  it('refuses TLS 1.2', async () => {
    const socket = connect({
      host: '127.0.0.1',
      port: sink.port,
      ca: pki.ca,
      cert: pki.client.certPem,
      key: pki.client.keyPem,
      minVersion: 'TLSv1.2',
      maxVersion: 'TLSv1.2',
    });
    const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException];
    expect(error.code).toMatch(/PROTOCOL_VERSION/);
  });

  it('is alive and ready', async () => {
    expect((await client.request({ url: `${sink.endpoint}/livez` })).json()).toEqual({ status: 'alive' });
    const ready = await client.request({ url: `${sink.endpoint}/readyz` });
    expect(ready.status).toBe(200);
    expect(ready.json()).toMatchObject({ status: 'ready', dependencies: { storage: { state: 'up', required: true, cause: null } } });
    expect(ready.json<{ jobs: object }>().jobs).toMatchObject({ 'certificates-telemetry': { running: false, last_error: null } });
  });

  it('is not ready, and says why, when its folder is gone', async () => {
    await rm(sink.directory, { recursive: true });
    const ready = await client.request({ url: `${sink.endpoint}/readyz` });
    expect(ready.status).toBe(503);
    expect(ready.json()).toMatchObject({
      code: 'not-ready',
      dependencies: { storage: { state: 'down', cause: expect.stringContaining('ENOENT') } },
    });
    const refused = await post('/v1/traces', tracesNamed(randomUUIDv7()));
    expect(refused.status).toBe(503);
    expect(refused.headers['retry-after']).toBe('1');
    expect(refused.text).not.toContain(sink.directory);
  });
});

describe('the files of the telemetry sink', () => {
  it('hold at most two of a kind: a full one makes place for a new one', async () => {
    await using small = await startSink(pki, { maxFileBytes: 1_000 });
    const names = Array.from({ length: 10 }, () => `${randomUUIDv7()}${'x'.repeat(300)}`);
    for (const name of names) {
      await client.request({ method: 'POST', url: `${small.endpoint}/v1/traces`, headers: json, body: tracesNamed(name) });
    }
    const files = await readdir(small.directory);
    expect(files.toSorted()).toEqual(['traces.jsonl', 'traces.jsonl.1']);
    for (const file of files) expect((await stat(join(small.directory, file))).size).toBeLessThan(1_500);
    const kept = await small.records('traces');
    expect(kept.length).toBeGreaterThanOrEqual(3);
    expect(kept).toEqual(names.slice(-kept.length).map(tracesNamed));
  });

  it('lose only the half line that a killed sink left, and nothing after it', async () => {
    const name = randomUUIDv7();
    await mkdir(sink.directory, { recursive: true });
    await writeFile(join(sink.directory, 'traces.jsonl'), `${JSON.stringify(tracesNamed(`before ${name}`))}\n{"resourceSpans":[{"half`);
    await post('/v1/traces', tracesNamed(`after ${name}`));
    expect(await sink.records('traces')).toEqual([tracesNamed(`before ${name}`), tracesNamed(`after ${name}`)]);
  });

  it('can be read while a line is being written', async () => {
    const name = randomUUIDv7();
    await post('/v1/traces', tracesNamed(name));
    await appendFile(join(sink.directory, 'traces.jsonl'), '{"resourceSpans":[');
    expect(await sink.records('traces')).toEqual([tracesNamed(name)]);
  });

  it('are those alone that contain what is looked for', async () => {
    const [name, other] = [randomUUIDv7(), randomUUIDv7()];
    await post('/v1/traces', tracesNamed(name));
    await post('/v1/traces', tracesNamed(other));
    expect(await Array.fromAsync(readRecords(sink.directory, 'traces', { containing: other }))).toEqual([tracesNamed(other)]);
  });

  it('are empty where nothing came', async () => {
    expect(await Array.fromAsync(readRecords(join(pki.folder, randomUUIDv7()), 'logs'))).toEqual([]);
  });

  it('are for their owner alone', async () => {
    await post('/v1/logs', { resourceLogs: [] });
    expect((await stat(join(sink.directory, 'logs.jsonl'))).mode & 0o777).toBe(0o600);
    expect((await stat(sink.directory)).mode & 0o777).toBe(0o700);
  });
});

describe('the telemetry sink as a process', () => {
  const main = new URL('../../../../src/engine/embedded/otlp-sink/main.ts', import.meta.url);
  const run = (configFile: string) =>
    spawn(
      process.execPath,
      [
        '--disable-sigusr1',
        '--input-type=module',
        '--eval',
        `import { serveTelemetrySink } from '${main.href}'; await serveTelemetrySink({ configFiles: ['${configFile}'] });`,
      ],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    );

  it('listens, receives, and stops on SIGTERM with exit code 0', async () => {
    const directory = join(pki.folder, `process-${randomUUIDv7()}`);
    const configFile = join(pki.folder, `sink-${randomUUIDv7()}.json`);
    await writeFile(configFile, JSON.stringify({ server: { port: 0, tls: pki.server }, directory }));
    const child = run(configFile);
    const ended = once(child, 'exit');
    try {
      const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
      const first = JSON.parse((await lines.next()).value as string) as {
        body: string;
        severity_text: string;
        attributes: { port: number };
      };
      expect(first).toMatchObject({ body: 'listening', severity_text: 'INFO', 'service.name': 'passthru-telemetry' });
      const url = `https://127.0.0.1:${first.attributes.port}/v1/traces`;
      const name = randomUUIDv7();
      expect((await client.request({ method: 'POST', url, headers: json, body: tracesNamed(name) })).status).toBe(200);
      child.kill('SIGTERM');
      expect(await ended).toEqual([0, null]);
      expect(await Array.fromAsync(readRecords(directory, 'traces'))).toEqual([tracesNamed(name)]);
    } finally {
      child.kill('SIGKILL');
    }
  });

  it('names each thing wrong in its configuration', async () => {
    const { serveTelemetrySink } = await import('#engine/embedded/otlp-sink/main.ts');
    const configFile = join(pki.folder, `sink-${randomUUIDv7()}.yml`);
    await writeFile(configFile, 'server: { port: "8", tls: { ca: a, cert: b, key: c } }\nsurplus: 1\n');
    await expect(serveTelemetrySink({ configFiles: [configFile] })).rejects.toMatchObject({
      code: 'config-invalid',
      fields: expect.arrayContaining([expect.objectContaining({ field: expect.stringContaining('#/server/port') })]),
    });
  });

  it('names the port that somebody else holds', async () => {
    const { serveTelemetrySink } = await import('#engine/embedded/otlp-sink/main.ts');
    const configFile = join(pki.folder, `sink-${randomUUIDv7()}.json`);
    await writeFile(configFile, JSON.stringify({ server: { port: sink.port, tls: pki.server }, directory: join(pki.folder, 'taken') }));
    await expect(serveTelemetrySink({ configFiles: [configFile] })).rejects.toMatchObject({
      code: 'port-taken',
      message: expect.stringContaining(String(sink.port)),
    });
  });
});
