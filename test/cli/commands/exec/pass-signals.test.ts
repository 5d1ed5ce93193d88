import { describe, expect, it } from 'vitest';
import { passSignals } from '#cli/commands/exec/pass-signals.ts';

const passing = ({ hasTerminal = false } = {}) => {
  const sent: string[] = [];
  const later: (() => void)[] = [];
  let [time, told, ended] = [1000, 0, false];
  const pass = passSignals({
    program: { send: (signal) => void sent.push(signal), hasEnded: () => ended },
    hasTerminal,
    now: () => time,
    tell: () => void (told += 1),
    after: (_, call) => void later.push(call),
  });
  return { pass, sent, later, told: () => told, end: () => (ended = true), wait: (milliseconds: number) => (time += milliseconds) };
};

describe('A signal for a program', () => {
  it('is given to it, and Ctrl-C twice within two seconds kills it', () => {
    const { pass, sent, wait } = passing();
    pass('SIGINT');
    wait(3000);
    pass('SIGINT');
    expect(sent).toEqual(['SIGINT', 'SIGINT']);
    wait(1500);
    pass('SIGINT');
    expect(sent.at(-1)).toBe('SIGKILL');
  });

  it('is told of where the program goes on, and not where it ends by it', () => {
    for (const goesOn of [true, false]) {
      const { pass, later, told, end } = passing();
      pass('SIGINT');
      if (!goesOn) end();
      expect(told()).toBe(0);
      for (const call of later) call();
      expect(told()).toBe(goesOn ? 1 : 0);
    }
  });

  it('comes once from a terminal, which gives it to the program itself, and once from npm', () => {
    const { pass, sent, wait } = passing({ hasTerminal: true });
    pass('SIGINT');
    wait(5);
    pass('SIGINT');
    expect(sent).toEqual([]);
    wait(500);
    pass('SIGINT');
    expect(sent).toEqual(['SIGKILL']);
  });

  it.each(['SIGTERM', 'SIGHUP', 'SIGQUIT'] as const)('that is %s is given to it, and kills it when it has had its time', (signal) => {
    const { pass, sent, later } = passing({ hasTerminal: true });
    pass(signal);
    expect(sent).toEqual([signal]);
    for (const call of later) call();
    expect(sent).toEqual([signal, 'SIGKILL']);
  });
});
