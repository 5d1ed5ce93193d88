import { randomUUIDv7 } from 'node:crypto';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { imagesObtainable, dockerStack } from '#engine/docker/before-start.ts';
import { probeDocker } from '#engine/docker/connection/probe.ts';
import { createDockerEngine } from '#engine/docker/docker.ts';
import { projectOf } from '#engine/docker/project/project.ts';
import type { Engine } from '#engine/engine.ts';
import { dockerImages } from '#test/support/docker.ts';
import { docker } from '#test/support/docker-stack.ts';
import { ROOT } from '#test/support/engine.ts';
import { reservePorts } from '#test/support/ports.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';

const isThere = await dockerImages('node:26-trixie-slim', 'postgres:17-trixie', 'otel/opentelemetry-collector-contrib:0.160.0');
const never = new AbortController().signal;
const ALL = ['telemetry', 'identity', 'kms'] as const;
/** First builds on a busy machine, and two PostgreSQL that make their databases. */
const LIMIT_MS = 240_000;

const allHealthy = (engine: Engine) =>
  vi.waitFor(async () => expect((await engine.status()).map(({ health }) => health)).toEqual(engine.parts.map(() => 'healthy')), {
    timeout: 90_000,
    interval: 200,
  });

describe.runIf(isThere)('the delivered stack on Docker', () => {
  it(
    'comes up healthy on fresh volumes, tells what its collector received, names the end of a part, and is whole again',
    async () => {
      const found = await probeDocker({ env: process.env });
      if (!found.ok) throw new Error(found.error.message);
      await using folder = await temporaryDirectory();
      const stateDir = join(folder.path, `state-${randomUUIDv7()}`);
      const warnings: string[] = [];
      const open = () =>
        createDockerEngine({
          stateDir,
          packageRoot: ROOT,
          profile: 'ci',
          docker: found.value,
          owner: 'process',
          warn: (text) => void warnings.push(text),
          ...ports,
        });
      const { kms: portKms, identity: portIdentity } = await reservePorts();
      const ports = { portKms, portIdentity };
      const progress: string[] = [];
      const images = {
        docker: found.value,
        packageRoot: ROOT,
        profile: 'demo' as const,
        stateDir,
        progress: (text: string) => void progress.push(text),
        signal: never,
      };
      expect((await imagesObtainable(images)).ok).toBe(true);
      expect(await dockerStack({ docker: found.value, stateDir })).toEqual({ ok: true, value: 'none' });

      await using engine = open();
      await using _end = { [Symbol.asyncDispose]: async () => void (await engine.down({ volumes: true })) };
      const events: string[] = [];
      const control = new AbortController();
      engine.watch((event) => void (event.type === 'progress' || events.push(`${event.type} ${event.service}`)), control.signal);
      expect(await Promise.all(ALL.map((service) => engine.up(service, never)))).toEqual(ALL.map(() => ({ ok: true, value: 'started' })));
      await allHealthy(engine);
      expect(await dockerStack({ docker: found.value, stateDir })).toEqual({ ok: true, value: 'running' });
      await vi.waitFor(
        async () => {
          const records = await Array.fromAsync(engine.telemetryRecords('traces'));
          expect(JSON.stringify(records)).toContain('resourceSpans');
        },
        { timeout: 20_000, interval: 200 },
      );

      const { name } = projectOf({ stateDir, packageRoot: ROOT, profile: 'ci', ...ports });
      await docker('kill', `${name}-kms-1`);
      await vi.waitFor(() => expect(events.at(-1)).toBe('service-exited kms'), { timeout: 10_000 });
      expect(await engine.diagnose('kms')).toMatchObject({ exitCode: 137, signal: 'SIGKILL', outOfMemory: false });

      await using next = open();
      expect(await Promise.all(ALL.map((service) => next.up(service, never)))).toEqual([
        { ok: true, value: 'already-running' },
        { ok: true, value: 'already-running' },
        { ok: true, value: 'started' },
      ]);
      await allHealthy(next);
      control.abort();
      expect(await engine.down({ volumes: true })).toEqual({
        ok: true,
        value: ['kms', 'identity', 'telemetry', 'kms-postgres', 'identity-postgres'],
      });
      expect(await dockerStack({ docker: found.value, stateDir })).toEqual({ ok: true, value: 'none' });
      expect(warnings).toEqual([]);
    },
    LIMIT_MS,
  );
});
