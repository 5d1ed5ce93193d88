import { describe, expect, it } from 'vitest';
import { checkSignalDebugger } from '#infra/process/signal-debugger.ts';

const check = (options: { policy: 'warn' | 'refuse'; nodeOptions?: string; execArgv?: readonly string[] }) => {
  const warnings: string[] = [];
  checkSignalDebugger({ execArgv: [], ...options, log: { warn: (text) => void warnings.push(text) } });
  return warnings;
};

describe('A start of Node in which a signal opens a debugger', () => {
  it('is refused where configuration says so, with the fix, else warned of', () => {
    expect(() => check({ policy: 'refuse' })).toThrow(
      expect.objectContaining({ code: 'signal-debugger', fix: expect.stringContaining('node --disable-sigusr1') }),
    );
    expect(() => check({ policy: 'refuse', nodeOptions: '--disable-sigusr1-not', execArgv: ['--enable-source-maps'] })).toThrow(
      '--disable-sigusr1',
    );
    expect(check({ policy: 'warn' })).toEqual([expect.stringContaining('without --disable-sigusr1')]);
  });

  it('is none when the option stands on the command line, or in NODE_OPTIONS', () => {
    for (const policy of ['warn', 'refuse'] as const) {
      expect(check({ policy, execArgv: ['--disable-sigusr1'] })).toEqual([]);
      expect(check({ policy, nodeOptions: '--enable-source-maps --disable-sigusr1' })).toEqual([]);
    }
  });
});
