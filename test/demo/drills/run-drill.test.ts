import { describe, expect, it } from 'vitest';
import type { Drill } from '#demo/drills/kit/drill.ts';
import { runDrill } from '#demo/drills/run-drill.ts';
import type { StepContext } from '#demo/step/step.ts';
import { type Fault, faultText } from '#engine/fault-door.ts';
import { AppError } from '#infra/apperr/app-error.ts';

/** What a drill is given on a stack that answers nobody; its checks are made and nobody looks at them. */
const contextWith = (signal: AbortSignal): StepContext => {
  const refused = async (): Promise<never> => {
    throw new AppError('connection-refused', 503, 'localhost refuses connections');
  };
  const endpoints = { kms: { service: 'https://localhost:1' }, identity: { discovery: 'https://localhost:2' } };
  const told = { check: async () => undefined, progress: () => undefined, warn: () => undefined };
  return { ...told, signal, stack: { endpoints, session: async () => ({ request: refused }) } } as unknown as StepContext;
};

describe('The course of a drill', () => {
  it('breaks nothing more once it was interrupted, however long its first fault took', async () => {
    const [inflicted, interrupt] = [[] as string[], new AbortController()];
    const inflict = async (fault: Fault): Promise<void> => {
      inflicted.push(faultText(fault));
      interrupt.abort();
    };
    const drill = {
      callers: { user: ['503'], token: ['503'] },
      boundMs: 100,
      run: async ({ inflict: next }) => {
        await next({ kind: 'frozen', part: 'identity' });
        await next({ kind: 'killed', part: 'kms' });
        return '';
      },
    } satisfies Partial<Drill> as unknown as Drill;
    const means = { faults: { inflict }, secondCli: null } as unknown as Parameters<typeof runDrill>[2];
    await expect(runDrill(drill, contextWith(interrupt.signal), means)).rejects.toMatchObject({ name: 'AbortError' });
    expect(inflicted).toEqual(['identity was frozen']);
  });
});
