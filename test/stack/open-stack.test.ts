import { access, cp, mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SERVICES } from '#engine/engine.ts';
import { orThrow } from '#infra/apperr/or-throw.ts';
import { openStack } from '#stack/open-stack.ts';
import { prepareStack } from '#stack/prepare-stack.ts';
import type { StackOptions } from '#stack/stack-options.ts';
import { writeStackRecord } from '#stack/record/stack-record.ts';
import { listening } from '#test/support/listening.ts';
import { reservePorts } from '#test/support/ports.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';

const place = async () => {
  const folder = await temporaryDirectory();
  const stateDir = join(folder.path, 'state');
  const warnings: string[] = [];
  const options = (rest: Partial<StackOptions> = {}): StackOptions => ({
    stateDir,
    engine: 'embedded',
    purpose: 'find',
    env: { DOCKER_HOST: `unix://${join(folder.path, 'no.sock')}` },
    warn: (text) => warnings.push(text),
    onImagesMissing: () => expect.unreachable('no image is needed'),
    ...rest,
  });
  return { stateDir, warnings, options, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
};

/** A run file of services that have ended, as a start on these ports left it. */
const ended = async (stateDir: string, ports: Readonly<Record<string, number>>): Promise<void> => {
  const record = { pid: 2 ** 30, identity: 'gone', config_hash: '', started_at: 0, log_offset: 0, exit: null };
  const services = Object.fromEntries(Object.entries(ports).map(([service, port]) => [service, { ...record, port }]));
  await mkdir(stateDir, { recursive: true });
  await writeFile(join(stateDir, 'run.json'), JSON.stringify({ version: 1, services }));
};

describe('A stack that is opened', () => {
  it('to be looked at takes no lock and makes no folder', async () => {
    await using here = await place();
    await using stack = await openStack(here.options());
    expect([stack.engine.kind, stack.engine.endpoints().identity.issuer]).toEqual(['embedded', 'https://localhost:8082']);
    await expect(access(here.stateDir)).rejects.toThrow('ENOENT');
  });

  it('by a holder is locked until it is disposed of', async () => {
    await using here = await place();
    const first = await openStack(here.options({ holder: 'the first suite' }));
    await expect(openStack(here.options({ holder: 'the second suite' }))).rejects.toMatchObject({
      code: 'lock-held',
      message: expect.stringContaining('the first suite'),
    });
    await first[Symbol.asyncDispose]();
    await using second = await openStack(here.options({ holder: 'the second suite' }));
    expect(second.engine.kind).toBe('embedded');
  });

  it('in vain leaves no lock behind', async () => {
    await using here = await place();
    await expect(openStack(here.options({ engine: 'docker', purpose: 'start', holder: 'a suite' }))).rejects.toMatchObject({
      code: expect.stringMatching(/^docker-/),
    });
    await expect(access(join(here.stateDir, 'lock'))).rejects.toThrow('ENOENT');
  });

  it('is looked for, and started again, on the ports of its last start, unless others are stated', async () => {
    await using here = await place();
    await ended(here.stateDir, { kms: 18_081, identity: 18_082 });
    const portsOf = async (rest: Partial<StackOptions>) => {
      await using stack = await openStack(here.options(rest));
      const { kms, identity } = stack.engine.endpoints();
      return [kms.ready, identity.ready].map((url) => Number(new URL(url).port));
    };
    expect(await portsOf({})).toEqual([18_081, 18_082]);
    expect(await portsOf({ ports: { identity: 19_000 } })).toEqual([18_081, 19_000]);
    expect(await portsOf({ purpose: 'start' })).toEqual([18_081, 18_082]);
    await writeStackRecord({ engine: 'embedded', stateDir: here.stateDir, portKms: 17_081, portIdentity: 17_082, profile: 'demo' });
    expect(await portsOf({})).toEqual([17_081, 17_082]);
  });

  it('without a record finds ports that follow one another by those of its processes', async () => {
    await using here = await place();
    const urls = async () => {
      await using stack = await openStack(here.options());
      const { kms, identity, telemetry } = stack.engine.endpoints();
      return [kms.admin, identity.admin, telemetry.otlp];
    };
    const expected = [18_002, 18_003, 18_004].map((port) => `https://localhost:${port}`);
    await ended(here.stateDir, { kms: 18_000, identity: 18_001, telemetry: 18_004 });
    expect(await urls()).toEqual(expected);
    await ended(here.stateDir, { identity: 18_001, telemetry: 18_004 });
    expect(await urls()).toEqual(expected);
  });

  it('on free ports takes none that somebody has, and stays on those that it took', async () => {
    await using here = await place();
    const { signal } = new AbortController();
    const baseOf = async (): Promise<number> => {
      await using stack = await openStack(here.options({ purpose: 'start', ports: 'free', holder: 'a suite' }));
      expect(await stack.engine.portConflicts(SERVICES)).toEqual([]);
      orThrow(await stack.engine.prepare(signal));
      await stack.recordStart();
      return Number(new URL(stack.engine.endpoints().identity.issuer).port) - 1;
    };
    const base = await baseOf();
    expect(await baseOf()).toBe(base);
    await using _holder = await listening(createServer(), base + 2);
    expect(await baseOf()).not.toBe(base);
  });

  it('without a KMS finds its telemetry, whose port is derived from that of the KMS', async () => {
    await using here = await place();
    await ended(here.stateDir, { telemetry: 20_081, identity: 18_082 });
    await using stack = await openStack(here.options());
    const { telemetry, kms } = stack.engine.endpoints();
    expect([telemetry.otlp, kms.admin]).toEqual(['https://localhost:20081', 'https://localhost:19081']);
  });

  it('to be removed tells what stays on a Docker engine that does not answer', async () => {
    await using here = await place();
    await writeStackRecord({ engine: 'embedded', stateDir: here.stateDir, portKms: 1, portIdentity: 2, profile: 'demo' });
    await mkdir(join(here.stateDir, 'docker', 'kms'), { recursive: true });
    await ended(here.stateDir, { identity: 18_082 });
    await using stack = await openStack(here.options({ engine: 'auto', purpose: 'remove', holder: 'a suite' }));
    expect([stack.engine.kind, here.warnings]).toEqual([
      'embedded',
      [expect.stringMatching(/^what this stack may have on Docker stays: /)],
    ]);
    expect(await stack.tearDown({ volumes: true, hurry: new AbortController().signal })).toEqual({ ok: true, value: [] });
  });

  it('to be started on another engine than before says that the data stays on the old one', async () => {
    await using here = await place();
    await writeStackRecord({ engine: 'docker', stateDir: here.stateDir, portKms: 1, portIdentity: 2, profile: 'demo' });
    await using _stack = await openStack(here.options({ purpose: 'start' }));
    expect(here.warnings).toEqual([
      'the stack of this state folder was last started on Docker: its data stays there, and the embedded engine does not see it',
    ]);
  });

  it('in a folder that was copied after a start on Docker says that the containers of the other path are left alone', async () => {
    await using here = await place();
    await writeStackRecord({ engine: 'docker', stateDir: here.stateDir, portKms: 1, portIdentity: 2, profile: 'demo' });
    const copy = `${here.stateDir}-copy`;
    await cp(here.stateDir, copy, { recursive: true });
    await using _stack = await openStack(here.options({ stateDir: copy }));
    expect(here.warnings).toEqual([
      `${copy} was copied or moved from ${here.stateDir}: what runs on Docker belongs to that path, and is left alone`,
      'the stack of this state folder was last started on Docker',
    ]);
  });

  it('refuses ports that somebody else holds, each with its holder', async () => {
    await using here = await place();
    await using held = await listening(createServer());
    await using stack = await openStack(here.options({ purpose: 'start', ports: { ...(await reservePorts()), identity: held.port } }));
    await expect(stack.checkPorts(['identity'])).rejects.toMatchObject({
      code: 'port-taken',
      message: expect.stringMatching(new RegExp(`^port ${held.port} of identity is held by .*pid ${process.pid}`)),
    });
    await stack.checkPorts(['telemetry']);
  });
});

describe('A stack that is prepared', () => {
  it('for the embedded engine has certificates, and nothing for Compose', async () => {
    await using here = await place();
    const { purpose: _purpose, ...options } = here.options();
    const made = await prepareStack({ ...options, holder: 'a suite' });
    expect(made).toMatchObject({ ok: true, value: { compose: null, tls: { created: true, chain: ['root', 'policy', 'issuing'] } } });
    if (made.ok) await access(made.value.caFile);
  });
});
