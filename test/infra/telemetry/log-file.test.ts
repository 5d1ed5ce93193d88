import { randomUUIDv7 } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startTelemetry } from '#infra/telemetry/sdk/start-telemetry.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';

const start = (file: string) =>
  startTelemetry({ service: 'passthru-test', version: '1.2.3', log: { file, max_file_bytes: 65_536, older_files: 2 } });

describe('A log in files', () => {
  it('stays within its bound, and holds the newest lines in order', async () => {
    await using folder = await temporaryDirectory();
    const file = join(folder.path, 'service.log');
    const count = 3_000;
    {
      await using telemetry = await start(file);
      for (let i = 0; i < count; i += 1) telemetry.log.info(`line ${i}`);
      expect(telemetry.dropped()).toEqual({ log_lines: 0, log_cause: null, telemetry_records: 0 });
    }
    const names = await readdir(folder.path);
    expect(names.toSorted()).toEqual(['service.log', 'service.log.1', 'service.log.2']);
    for (const name of names) expect((await stat(join(folder.path, name))).size, name).toBeLessThanOrEqual(65_536);
    const texts = await Promise.all(
      ['service.log.2', 'service.log.1', 'service.log'].map((name) => readFile(join(folder.path, name), 'utf8')),
    );
    const bodies = texts.flatMap((text) => text.trimEnd().split('\n')).map((line) => (JSON.parse(line) as { body: string }).body);
    expect(bodies.length).toBeGreaterThan(500);
    expect(bodies).toEqual(Array.from({ length: bodies.length }, (_, i) => `line ${count - bodies.length + i}`));
  });

  it('of several processes tells the number of each, and of the lines that the one which writes for all has lost', async () => {
    await using folder = await temporaryDirectory();
    const file = join(folder.path, 'service.log');
    {
      await using telemetry = await startTelemetry({
        service: 'passthru-test',
        version: '1.2.3',
        log: { file, max_file_bytes: 65_536, older_files: 2 },
        worker: { number: 1, count: 2, lostLines: () => ({ lines: 4, cause: 'ENOSPC (write)' }) },
      });
      telemetry.log.info('a line');
      expect(telemetry.dropped()).toEqual({ log_lines: 4, log_cause: 'ENOSPC (write)', telemetry_records: 0 });
      expect(await telemetry.exposition()).toMatch(/^passthru_log_lost_total 4$/m);
    }
    expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({ 'service.name': 'passthru-test', 'passthru.worker': 1 });
  });

  it('in a folder that is not there fails the start, and names the file and the fix', async () => {
    await using folder = await temporaryDirectory();
    const file = join(folder.path, randomUUIDv7(), 'service.log');
    await expect(start(file)).rejects.toMatchObject({
      code: 'log-file-unusable',
      message: expect.stringContaining(file),
      fix: expect.stringContaining('log.file'),
    });
  });
});
