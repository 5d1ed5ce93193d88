import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { watchInterrupts } from '#cli/process/interrupts.ts';

const watched = () => {
  const source = new EventEmitter();
  const told: string[] = [];
  let time = 1000;
  const interrupts = watchInterrupts({ source, now: () => time, tell: (press) => void told.push(press) });
  return { source, told, interrupts, pass: (milliseconds: number) => (time += milliseconds) };
};

describe('Interrupts', () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'])('the first %s is told at once and aborts the work, not the teardown', (signal) => {
    const { source, told, interrupts } = watched();
    source.emit(signal);
    expect(told).toEqual(['first']);
    expect([interrupts.first.aborted, interrupts.second.aborted]).toEqual([true, false]);
  });

  it('the second one aborts the teardown, and a third says nothing more', () => {
    const { source, told, interrupts, pass } = watched();
    source.emit('SIGINT');
    pass(200);
    source.emit('SIGINT');
    pass(200);
    source.emit('SIGINT');
    expect(told).toEqual(['first', 'second']);
    expect(interrupts.second.aborted).toBe(true);
  });

  it('one key press that arrives as two signals counts once', () => {
    const { source, told, pass } = watched();
    source.emit('SIGINT');
    pass(5);
    source.emit('SIGTERM');
    expect(told).toEqual(['first']);
  });

  it('that are diverted go to somebody else, also those that would end the process, until that is over', () => {
    const { source, told, interrupts } = watched();
    const heard: string[] = [];
    {
      using _diverted = interrupts.divert((signal) => void heard.push(signal));
      for (const signal of ['SIGINT', 'SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT']) source.emit(signal);
    }
    expect([heard, told]).toEqual([['SIGINT', 'SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'], []]);
    expect(source.listenerCount('SIGQUIT')).toBe(0);
    source.emit('SIGTERM');
    expect([heard.length, told]).toEqual([5, ['first']]);
  });

  it('leave the process to its defaults when they are disposed of', () => {
    const { source, interrupts } = watched();
    interrupts[Symbol.dispose]();
    expect(['SIGINT', 'SIGTERM', 'SIGHUP'].map((name) => source.listenerCount(name))).toEqual([0, 0, 0]);
  });
});
