import { appendFile, mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type DemoRefusal, noteDemoRefusals, readDemoRefusals } from '#stack/record/demo-refusals.ts';
import { newTraceId } from '#test/support/otlp-traces.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';

const refusal = (): DemoRefusal => ({
  step: 'kms.realms',
  service: 'kms',
  traceId: newTraceId(),
  status: 401,
  code: 'password-invalid',
  sentAt: 1_000,
  answeredAt: 1_020,
});

describe('The refusals that demos provoked', () => {
  it('are read as they were noted, by one run after the other, and nobody else can read them', async () => {
    await using folder = await temporaryDirectory();
    await mkdir(join(folder.path, 'logs'));
    const [first, second] = [refusal(), { ...refusal(), service: 'identity', code: null } as const];
    for (const each of [first, second]) {
      const log = noteDemoRefusals(folder.path);
      log.refused(each);
      if (each === first) log.handshake({ step: 'bring-up.telemetry', from: 1_500, to: 1_600 });
      log.ended({ step: each.step, isPassed: each === first, at: 2_000 });
      expect(await log.close()).toEqual({ lines: 0, cause: null });
    }
    expect(await readDemoRefusals(folder.path)).toEqual({
      refusals: [first, second],
      handshakes: [{ step: 'bring-up.telemetry', from: 1_500, to: 1_600 }],
      verdicts: [
        { step: 'kms.realms', isPassed: true, at: 2_000 },
        { step: 'kms.realms', isPassed: false, at: 2_000 },
      ],
    });
    expect((await stat(join(folder.path, 'logs', 'demo-refusals.jsonl'))).mode & 0o777).toBe(0o600);
  });

  it('are none where no demo ran, and a line that was cut off is passed over', async () => {
    await using folder = await temporaryDirectory();
    expect(await readDemoRefusals(folder.path)).toEqual({ refusals: [], handshakes: [], verdicts: [] });
    await mkdir(join(folder.path, 'logs'));
    const log = noteDemoRefusals(folder.path);
    log.refused(refusal());
    await log.close();
    await appendFile(join(folder.path, 'logs', 'demo-refusals.jsonl'), '{"step":"kms.re');
    expect((await readDemoRefusals(folder.path)).refusals).toHaveLength(1);
  });

  it('are counted where they cannot be written', async () => {
    await using folder = await temporaryDirectory();
    const log = noteDemoRefusals(join(folder.path, 'none'));
    log.refused(refusal());
    expect(await log.close()).toMatchObject({ lines: 1 });
  });
});
