import { randomUUIDv7 } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { attemptDocker } from '#engine/docker/connection/failures.ts';
import { within } from '#engine/docker/api/within.ts';
import { ok } from '#infra/apperr/result.ts';

const forever = () => new Promise<never>(() => {});

describe('a request to the Docker engine', () => {
  it('is answered with what the engine says, or fails with it', async () => {
    expect(await within(60_000, 'the list', () => Promise.resolve('answer'))).toBe('answer');
    const error = new Error(`no such container ${randomUUIDv7()}`);
    await expect(within(60_000, 'the list', () => Promise.reject(error))).rejects.toBe(error);
  });

  it('that gets no answer says what was asked and how long it waited, whether or not it heeds its signal', async () => {
    const what = `the list of ${randomUUIDv7()}`;
    const heeding = (limit: AbortSignal) =>
      new Promise<never>((_, reject) => limit.addEventListener('abort', () => reject(limit.reason as Error), { once: true }));
    for (const ask of [forever, heeding]) {
      await expect(within(5, what, ask)).rejects.toMatchObject({
        code: 'docker-no-answer',
        message: `the Docker engine did not answer within 5 ms: ${what}`,
      });
    }
  });

  it('is no interruption when it gets no answer, and tells what to do', async () => {
    const work = async () => ok(await within(5, 'the list', forever));
    expect(await attemptDocker('stop-failed', 'stopping the services', work)).toMatchObject({
      ok: false,
      error: {
        code: 'docker-no-answer',
        message: expect.stringContaining('stopping the services failed: ') as string,
        fix: expect.stringContaining('restart it') as string,
      },
    });
  });

  it('that fails for a reason nobody knows still tells where to look', async () => {
    const work = () => Promise.reject(new Error('network has active endpoints'));
    expect(await attemptDocker('stop-failed', 'stopping the services', work)).toMatchObject({
      error: { code: 'stop-failed', fix: expect.stringContaining('docker ps --all') as string },
    });
  });
});
