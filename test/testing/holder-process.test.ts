import { describe, expect, it } from 'vitest';
import { startHolder } from '#testing/holder-process.ts';

/** A holder that answers by this function of a request, `(request, say) => …`. */
const standIn = (answer: string): readonly string[] => [
  '-e',
  `const answer = ${answer};
   const say = (value) => process.stdout.write(JSON.stringify(value) + '\\n');
   require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => answer(JSON.parse(line), say));`,
];

const start = (answer: string) => {
  const remarks: string[] = [];
  return { holder: startHolder({ command: standIn(answer), remark: (line) => void remarks.push(line) }), remarks };
};

describe('The process of a holder', () => {
  it('answers calls, and its remarks and other words are passed on', async () => {
    const { holder, remarks } = start(`({ id, call, params }, say) => {
      console.error('to stderr');
      console.log('no answer');
      say({ remark: 'under way' });
      say({ id, result: call + ' ' + params.username });
    }`);
    expect(await holder.call('token', { username: 'demo-user' })).toBe('token demo-user');
    holder.letGo();
    await holder.ended;
    expect(remarks.toSorted()).toEqual(['no answer', 'to stderr', 'under way']);
  });

  it('refuses in words that a test runner prints whole', async () => {
    const failed = { code: 'x-failed', message: 'it failed', causes: ['one', 'two'], fix: 'Mend it.', logTail: ['last line'] };
    const { holder } = start(`({ id }, say) => say({ id, failed: ${JSON.stringify(failed)} })`);
    const refused = holder.call('reset', {});
    await expect(refused).rejects.toMatchObject({ name: 'StackError', code: 'x-failed', fix: 'Mend it.', logTail: ['last line'] });
    await expect(refused).rejects.toThrow('it failed\nCause: one\nCause: two\nFix: Mend it.\nLast lines of its log:\n  last line');
    holder.letGo();
    await holder.ended;
  });

  it('fails every call that waits, and each later one, when it ends, with what it said last', async () => {
    const { holder } = start(`() => { console.error('out of luck'); process.exit(3); }`);
    const waiting = [holder.call('reset', {}), holder.call('logs', {})];
    for (const call of waiting) await expect(call).rejects.toThrow(/ended with exit code 3[^]*out of luck/);
    await expect(holder.call('reset', {})).rejects.toMatchObject({ code: 'holder-ended' });
  });

  it('ends with its input, and is killed where it does not', async () => {
    const { holder } = start(`() => undefined`);
    holder.letGo();
    await holder.ended;
    const stubborn = startHolder({ command: ['-e', 'setInterval(() => undefined, 1e9)'], remark: () => undefined });
    stubborn.letGo();
    stubborn.kill();
    await stubborn.ended;
    await expect(stubborn.call('reset', {})).rejects.toThrow('ended by SIGKILL');
  });

  it('is given none of the variables that are for the process of the tests', async () => {
    process.env['NODE_V8_COVERAGE'] ??= '';
    const { holder } = start(
      `({ id }, say) => say({ id, result: Object.keys(process.env).filter((name) => name.startsWith('NODE_V8')).join() })`,
    );
    expect(await holder.call('token', { username: '' })).toBe('');
    holder.letGo();
    await holder.ended;
  });
});
