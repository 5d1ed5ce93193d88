import { expect, it } from 'vitest';
import { createConnections } from '#client/session/connections.ts';
import { stackAccess } from '#demo/step/stack-access.ts';
import { bringUp } from '#testing/holder/bring-up.ts';
import { failedFrom } from '#testing/holder/failed-from.ts';
import { StackError } from '#testing/stack-error.ts';
import { testStack } from '#test/support/engine.ts';

it('A start that fails tells the part that explains it, how that ended, and the end of its log', async () => {
  await using stack = await testStack();
  await stack.behave('identity', 'ends');
  await stack.letEnd('identity');
  const engine = stack.engine();
  const endpoints = engine.endpoints();
  await using connections = createConnections({ caFile: endpoints.caFile });
  const { signal } = new AbortController();
  const access = stackAccess({ endpoints, connections, signal });
  const started = bringUp({ engine, access, services: ['identity'], timeoutMs: 20_000, signal, remark: () => undefined, now: Date.now });
  const failed = failedFrom(await started.catch((error: unknown) => error));
  expect(failed).toMatchObject({
    code: 'service-exited',
    causes: expect.arrayContaining([expect.stringMatching(/identity exited with code 3/)]),
    logTail: expect.arrayContaining(['the stand-in ends']),
  });
  expect(failed.fix).not.toBe('');
  expect(new StackError(failed).message).toMatch(
    /Cause: .*identity exited with code 3[^]*Fix: [^]*Last lines of its log:\n[^]* {2}the stand-in ends/,
  );
});
