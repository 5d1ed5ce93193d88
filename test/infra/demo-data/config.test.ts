import { describe, expect, it } from 'vitest';
import { wantsDemo } from '#infra/demo-data/config.ts';

const SEED = '/etc/passthru/demo-seed.yml';

describe('The flags of a demo', () => {
  it.each([
    ['--demo', { demo: true, resetDemo: false }],
    ['--reset-demo', { demo: false, resetDemo: true }],
    ['--reset-demo', { demo: true, resetDemo: true }],
  ])('%s is refused where the configuration allows no demo, and the fix says how to go on', (flag, flags) => {
    expect(() => wantsDemo(flags, { allowed: false, seed_file: SEED })).toThrow(
      expect.objectContaining({
        code: 'demo-not-allowed',
        message: expect.stringContaining(`${flag} is refused`) as string,
        fix: expect.stringContaining(`without ${flag}`) as string,
      }),
    );
    expect(wantsDemo(flags, { allowed: true, seed_file: SEED })).toBe(true);
    expect(() => wantsDemo(flags, { allowed: true })).toThrow(expect.objectContaining({ code: 'demo-seed-missing' }));
  });

  it('are not needed for a start', () => {
    expect(wantsDemo({ demo: false, resetDemo: false }, { allowed: false })).toBe(false);
  });
});
