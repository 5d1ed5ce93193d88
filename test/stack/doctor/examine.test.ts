import { createServer } from 'node:net';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SERVICES } from '#engine/engine.ts';
import { AppError } from '#infra/apperr/app-error.ts';
import { checkEngine } from '#stack/doctor/engine/engine.ts';
import { checkImages } from '#stack/doctor/engine/images.ts';
import { examine } from '#stack/doctor/examine.ts';
import { fine } from '#stack/doctor/patient/check.ts';
import { openStack } from '#stack/open-stack.ts';
import { unique } from '#test/support/demo-engine.ts';
import { reservePorts } from '#test/support/ports.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';
import { patient } from './patient.ts';

/** An empty place for a stack, on ports of its own. */
const place = async () => {
  const folder = await temporaryDirectory();
  const ports = await reservePorts();
  const options = { stateDir: join(folder.path, 'state'), ports: { ...ports, step: 1_000 }, env: {} };
  return { folder: folder.path, options, ports, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
};

describe('A whole examination', () => {
  it('foresees a port that is held, in the words of the start that would fail, and changes nothing', async () => {
    await using here = await place();
    const holder = createServer().listen(here.ports.kms, '127.0.0.1');
    await once(holder, 'listening');
    try {
      const found = await examine({ ...here.options, engine: 'embedded' });
      await using stack = await openStack({ ...here.options, engine: 'embedded', purpose: 'look' });
      const failed = await stack.checkPorts(SERVICES).catch((error: unknown) => error as AppError);
      const ports = found.find(({ id }) => id === 'ports')?.finding;
      expect(ports).toEqual({ result: 'fault', text: (failed as AppError).message, fix: (failed as AppError).fix });
      expect(ports?.text).toMatch(new RegExp(`^port ${here.ports.kms} of kms is held by .*\\(pid ${process.pid}\\)$`));
    } finally {
      holder.close();
    }
    expect(await readdir(here.folder)).toEqual([]);
  });

  it('finds Docker stopped: a fault where it is named, else a warning, because the embedded engine is there', async () => {
    await using here = await place();
    const env = { DOCKER_HOST: `unix:///nowhere/${unique('docker')}.sock` };
    const engineOf = async (engine: 'docker' | 'auto') => (await examine({ ...here.options, env, engine }))[0]?.finding;
    const [named, auto] = [await engineOf('docker'), await engineOf('auto')];
    expect(named).toMatchObject({
      result: 'fault',
      text: expect.stringContaining('no Docker engine answers'),
      fix: expect.stringContaining('Start Docker'),
    });
    expect(auto).toEqual({ ...named, result: 'warning', text: `${named?.text}; the embedded engine is taken in its place` });
  });

  it('has a finding for every check, each with an id of its own, and a fix for whatever is wrong', async () => {
    await using here = await place();
    const found = await examine({ ...here.options, engine: 'embedded' });
    expect(new Set(found.map(({ id }) => id)).size).toBe(found.length);
    const mute = found.filter(({ finding }) => finding.text === '' || ('fix' in finding && finding.fix === ''));
    expect(mute).toEqual([]);
  });

  it('gives up a check that hangs, and tells one that breaks as a fault, and carries out all others', async () => {
    await using here = await place();
    const [hangs, breaks, good] = ['hangs', 'breaks', 'good'].map(unique) as [string, string, string];
    const full = new AppError('store-full', 500, good, { cause: Object.assign(new Error('no space'), { code: 'ENOSPC' }) });
    const found = await examine({
      ...here.options,
      limitMs: 20,
      checks: [
        { id: hangs, title: 'Hangs', run: () => new Promise(() => undefined) },
        { id: breaks, title: 'Breaks', run: () => Promise.reject(full) },
        { id: good, title: 'Good', run: async () => fine(good) },
      ],
    });
    expect(found.map(({ finding }) => finding)).toEqual([
      { result: 'not-checked', text: 'it did not end within 20 ms' },
      { result: 'fault', text: `${good}: no space`, fix: '' },
      { result: 'ok', text: good },
    ]);
  });
});

describe('On Docker the doctor', () => {
  it('names each image that is missing', async () => {
    const missing = [unique('passthru-kms'), unique('postgres')];
    expect(await checkImages(patient({ engine: { missingImages: async () => missing } }))).toMatchObject({
      result: 'warning',
      text: `missing: ${missing.join(', ')}`,
    });
    expect(await checkImages(patient({ engine: { missingImages: async () => [] } }))).toEqual({ result: 'ok', text: 'all there' });
    expect(await checkImages(patient({ engine: { missingImages: async () => null } }))).toMatchObject({ result: 'not-checked' });
  });

  it('says so where Docker answers by now, which did not when the engine was chosen', async () => {
    const engine = { kind: 'embedded' as const, reason: 'no Docker engine answered', isFallback: true };
    expect(await checkEngine(patient({ engine }))).toEqual({
      result: 'warning',
      text: 'no Docker engine answered; the embedded engine is taken in its place',
      fix: 'Run the command again: Docker answers now.',
    });
  });

  it('says that an engine is rootless', async () => {
    expect(await checkEngine(patient({ docker: { isRootless: true } }))).toEqual({
      result: 'ok',
      text: 'docker: Docker Engine 28.5, rootless',
    });
  });
});
