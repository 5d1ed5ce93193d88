import { expect, it } from 'vitest';
import { checkLogs, checkStart, checkToken } from '#testing/option-rules.ts';
import { startStack } from '#testing/start-stack.ts';

it.each([
  [{ engin: 'embedded' }, /^startStack has no option engin\nFix: Did you mean engine\? It takes engine, snapshot, services, timeoutMs, /],
  [{ constructor: 1 }, /^startStack has no option constructor\nFix: It takes engine, /],
  [
    { engine: 'embeded' },
    /^engine of startStack cannot be "embeded"\nFix: Did you mean embedded\? Allowed: 'auto', 'embedded' or 'docker'\.$/,
  ],
  [{ engine: null }, /^engine of startStack cannot be null\nFix: Allowed: /],
  [{ services: ['kms'] }, /^services of startStack cannot be \["kms"\]\nFix: Allowed: .*'identity' in it: the KMS trusts Identity/],
  [{ services: ['identity', 'kmss'] }, /cannot be \["identity","kmss"\]\nFix: Did you mean kms\? Allowed: /],
  [{ services: 'identity' }, /^services of startStack cannot be "identity"\nFix: Allowed: a list of 'identity' or 'kms'/],
  [{ timeoutMs: -1 }, /^timeoutMs of startStack cannot be -1\nFix: Allowed: milliseconds, from 1 to 2147483647\.$/],
  [{ timeoutMs: Number.NaN }, /cannot be NaN/],
  [{ timeoutMs: 2 ** 31 }, /cannot be 2147483648/],
  [{ timeoutMs: '1000' }, /cannot be "1000"/],
  [{ snapshot: '' }, /^snapshot of startStack cannot be ""/],
  [{ signal: new AbortController() }, /^signal of startStack cannot be \{\}\nFix: Allowed: an AbortSignal\.$/],
  [{ log: 'console' }, /Allowed: a function/],
  ['embedded', /^startStack takes an object, not "embedded"\nFix: It may have engine, /],
])('A start with %j is refused before anything starts', async (options, message) => {
  await expect(startStack(options as never)).rejects.toMatchObject({
    name: 'StackError',
    code: expect.stringMatching(/^option-/),
    message: expect.stringMatching(message),
  });
});

it('Every option of the types passes, and one that is undefined is not given', () => {
  const { signal } = new AbortController();
  const log = (): void => undefined;
  for (const options of [
    {},
    { engine: 'docker', snapshot: 'mine', services: ['identity'], timeoutMs: 1, signal, log },
    { snapshot: null, services: ['kms', 'identity'], timeoutMs: 90_000.5 },
    { engine: undefined, snapshot: undefined, services: undefined, timeoutMs: undefined, signal: undefined, log: undefined },
  ]) {
    expect(() => checkStart(options as never)).not.toThrow();
  }
  expect(() => checkToken({ username: 'demo-user', scope: 'kms:read' })).not.toThrow();
  expect(() => checkLogs({ service: 'telemetry', tail: 0 })).not.toThrow();
});

it.each([
  [{ user: 'demo-user' }, /^token has no option user\nFix: It takes username, client, scope\.$/],
  [{}, /^token is for nobody\nFix: Say username or client, one of them/],
  [{ username: undefined }, /^token is for nobody\n/],
  [{ username: 'demo-user', client: 'demo-limited-client' }, /^token is for a username and a client\nFix: Say username or client/],
  [{ username: ['demo-user'] }, /^username of token cannot be \["demo-user"\]/],
  [undefined, /^token takes an object, not undefined\n/],
])('A token for %j is refused', (options, message) => {
  expect(() => checkToken(options as never)).toThrow(message);
});

it.each([
  [{ tail: -1 }, /^tail of logs cannot be -1\nFix: Allowed: a whole number, 0 or more\.$/],
  [{ part: 'kms' }, /^logs has no option part\nFix: It takes service, tail\.$/],
])('Logs with %j are refused', (options, message) => {
  expect(() => checkLogs(options as never)).toThrow(message);
});
