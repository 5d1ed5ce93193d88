import { describe, expect, it } from 'vitest';
import { chooseEngine, type ChooseOptions, type StackState } from '#stack/engine/choose-engine.ts';
import { nameOf } from '#stack/engine/docker-candidate.ts';
import { fail, ok } from '#infra/apperr/result.ts';
import { unique } from '#test/support/demo-engine.ts';

const NAME = 'Docker Engine 28.5 on the default context';
const NONE = 'no Docker engine answers on the default context';

/** A choice between engines, and what was asked of Docker for it. */
const choosing = async (
  options: Partial<ChooseOptions<string>> & {
    readonly answers?: boolean;
    readonly stack?: StackState | 'unknown';
    readonly images?: boolean;
  },
) => {
  const asked: string[] = [];
  const { answers = true, stack = 'none', images = true, ...rest } = options;
  const connection = unique('connection');
  const result = await chooseEngine<string>({
    wanted: 'auto',
    purpose: 'start',
    embedded: 'none',
    last: null,
    knowsDocker: false,
    docker: {
      probe: async () => {
        asked.push('probe');
        return answers
          ? ok({ connection, name: NAME })
          : fail('docker-not-running', `${NONE}: it refuses connections`, { fix: 'Start it.' });
      },
      stack: async (given) => {
        expect(given).toBe(connection);
        asked.push('stack');
        return stack === 'unknown' ? fail('docker-no-answer', 'the Docker engine did not answer: the list of containers') : ok(stack);
      },
      images: async () => {
        asked.push('images');
        return images ? ok(null) : fail('images-not-obtainable', 'postgres is neither there nor to be had:\n  registry unreachable');
      },
    },
    ...rest,
  });
  const said = result.ok ? `${result.value.kind}: ${result.value.reason}` : `${result.error.code} ${result.error.fix}`;
  return { said, asked, result };
};

describe('auto, for a start', () => {
  it('takes Docker where an engine answers and the images can be had, and says which engine', async () => {
    expect((await choosing({})).said).toBe(`docker: ${NAME}`);
  });

  it.each([
    [{ answers: false }, `${NONE}: it refuses connections`],
    [{ images: false }, 'postgres is neither there nor to be had: registry unreachable'],
  ])('falls back to the embedded engine, with all that the failure says on one line: %j', async (change, reason) => {
    expect((await choosing(change)).result).toEqual({ ok: true, value: { kind: 'embedded', reason, isFallback: true } });
  });

  it('is no fallback where the stack of the folder is an embedded one, or the embedded engine was named', async () => {
    const notFallback = { ok: true, value: { kind: 'embedded', isFallback: false } };
    expect((await choosing({ embedded: 'running' })).result).toMatchObject(notFallback);
    expect((await choosing({ wanted: 'embedded' })).result).toMatchObject(notFallback);
  });

  it('keeps an embedded stack that runs, and asks nobody about Docker', async () => {
    expect(await choosing({ embedded: 'running', knowsDocker: true })).toMatchObject({
      said: expect.stringMatching(/^embedded: /),
      asked: [],
    });
  });

  it('keeps a stack on Docker that runs, whether or not its images could be had again', async () => {
    const { said, asked } = await choosing({ embedded: 'ended', knowsDocker: true, stack: 'running', images: false });
    expect([said, asked]).toEqual([`docker: ${NAME}`, ['probe', 'stack']]);
  });

  it('repairs an embedded stack that ended rather than start another one', async () => {
    expect((await choosing({ embedded: 'ended' })).said).toMatch(/^embedded: the stack of this state folder/);
    expect((await choosing({ embedded: 'ended', knowsDocker: true, stack: 'ended' })).said).toMatch(/^embedded: /);
  });

  it.each(['none', 'ended'] as const)('keeps the engine of the last start, though nothing of it runs: embedded %s', async (embedded) => {
    expect((await choosing({ last: 'embedded', embedded })).said).toMatch(/^embedded: the stack of this state folder/);
    expect((await choosing({ last: 'embedded', embedded, knowsDocker: true, stack: 'ended' })).said).toMatch(/^embedded: /);
    expect((await choosing({ last: 'docker', embedded, knowsDocker: true, stack: 'ended' })).said).toBe(`docker: ${NAME}`);
  });

  it('goes to the embedded engine when Docker, which ran the stack before, does not answer any more', async () => {
    expect((await choosing({ knowsDocker: true, answers: false })).said).toBe(`embedded: ${NONE}: it refuses connections`);
  });
});

describe('the reason for the embedded engine', () => {
  it.each(['start', 'find'] as const)('says of no stack that it is there: to %s', async (purpose) => {
    const reasonOf = async (change: Parameters<typeof choosing>[0]) => (await choosing({ purpose, ...change })).said;
    expect(await reasonOf({ embedded: 'running' })).toBe('embedded: the stack of this state folder runs there');
    expect(await reasonOf({ embedded: 'ended' })).toBe('embedded: the stack of this state folder was there last');
    expect(await reasonOf({ embedded: 'none', last: 'embedded' })).toBe('embedded: the stack of this state folder was there last');
  });

  it('says of a folder without one that there is none', async () => {
    expect((await choosing({ purpose: 'find' })).said).toBe('embedded: no stack was started in this state folder');
  });
});

describe('an engine that answers a ping and no more', () => {
  it('is none to start on', async () => {
    expect((await choosing({ knowsDocker: true, stack: 'unknown' })).said).toBe(
      'embedded: the Docker engine did not answer: the list of containers',
    );
    expect((await choosing({ wanted: 'embedded', knowsDocker: true, stack: 'unknown' })).said).toBe('embedded: as asked for');
  });

  it('fails a command that looks for the stack, unless there is an embedded one', async () => {
    expect((await choosing({ purpose: 'find', knowsDocker: true, stack: 'unknown' })).said).toMatch(/^docker-no-answer /);
    expect((await choosing({ purpose: 'find', knowsDocker: true, stack: 'unknown', embedded: 'ended' })).said).toMatch(/^embedded: /);
  });
});

describe('a named engine', () => {
  it('is not replaced: Docker that does not answer is a failure with its fix', async () => {
    expect((await choosing({ wanted: 'docker', answers: false })).said).toBe('docker-not-running Start it.');
  });

  it('is not replaced: images that are missing are the matter of the run', async () => {
    const { said, asked } = await choosing({ wanted: 'docker', images: false });
    expect([said, asked]).toEqual([`docker: ${NAME}`, ['probe']]);
  });

  it('embedded asks nobody about Docker where Docker never ran this stack', async () => {
    expect(await choosing({ wanted: 'embedded' })).toMatchObject({ said: 'embedded: as asked for', asked: [] });
  });

  it.each([
    [{ wanted: 'docker', embedded: 'running' }, 'passthru down --engine embedded'],
    [{ wanted: 'embedded', knowsDocker: true, stack: 'running' }, 'passthru down --engine docker'],
  ] as const)('is refused, for a start or a removal, while the stack of the folder is up on the other one: %j', async (change, fix) => {
    for (const purpose of ['start', 'remove'] as const) {
      const { said } = await choosing({ ...change, purpose });
      expect(said).toMatch(/^other-engine-runs /);
      expect(said).toContain(fix);
    }
  });

  it('starts when the other one has nothing that runs', async () => {
    expect((await choosing({ wanted: 'docker', embedded: 'ended' })).said).toBe(`docker: ${NAME}`);
    expect((await choosing({ wanted: 'embedded', knowsDocker: true, stack: 'ended' })).said).toBe('embedded: as asked for');
    expect((await choosing({ wanted: 'embedded', knowsDocker: true, answers: false })).said).toBe('embedded: as asked for');
  });

  it('is looked at as it is by a command that starts nothing, which needs no image', async () => {
    const { said, asked } = await choosing({ wanted: 'docker', purpose: 'find', embedded: 'running', images: false });
    expect([said, asked]).toEqual([`docker: ${NAME}`, ['probe']]);
  });
});

describe('auto, for a command that looks for the stack', () => {
  it.each(['none', 'ended', 'running'] as const)(
    'takes the embedded engine, asking nobody, where Docker was never used (%s)',
    async (embedded) => {
      expect(await choosing({ purpose: 'find', embedded })).toMatchObject({ said: expect.stringMatching(/^embedded: /), asked: [] });
    },
  );

  it.each([
    ['none', 'none', 'docker'],
    ['none', 'ended', 'docker'],
    ['none', 'running', 'docker'],
    ['ended', 'none', 'embedded'],
    ['ended', 'ended', 'embedded'],
    ['ended', 'running', 'docker'],
    ['running', 'ended', 'embedded'],
  ] as const)('finds, with embedded %s and Docker %s, %s', async (embedded, stack, kind) => {
    expect((await choosing({ purpose: 'find', embedded, knowsDocker: true, stack })).result).toMatchObject({ value: { kind } });
  });

  it.each([
    ['embedded', 'none', 'ended', 'embedded'],
    ['embedded', 'ended', 'running', 'docker'],
    ['docker', 'ended', 'ended', 'docker'],
    ['docker', 'ended', 'none', 'docker'],
  ] as const)('finds that of the last start (%s), with embedded %s and Docker %s: %s', async (last, embedded, stack, kind) => {
    expect((await choosing({ purpose: 'find', last, embedded, knowsDocker: true, stack })).result).toMatchObject({ value: { kind } });
  });

  it('fails where the stack was on Docker and nobody there answers: that nothing runs could be wrong', async () => {
    expect((await choosing({ purpose: 'find', knowsDocker: true, answers: false })).said).toBe('docker-not-running Start it.');
    expect((await choosing({ purpose: 'find', knowsDocker: true, answers: false, embedded: 'ended' })).said).toMatch(/^embedded: /);
  });
});

describe('The name of an engine in the headline', () => {
  it.each([
    ['default context, unix:///var/run/docker.sock', '28.5.1', 'Docker Engine 28.5 on the default context'],
    ['DOCKER_HOST, unix:///run/user/1000/docker.sock', '28.5.1', 'Docker Engine 28.5 on DOCKER_HOST'],
    ['colima context, unix:///home/me/.colima/docker.sock', null, 'an engine on the colima context'],
  ])('of %s, version %s, is %s', (name, version, said) => {
    expect(nameOf({ name, version })).toBe(said);
  });
});
