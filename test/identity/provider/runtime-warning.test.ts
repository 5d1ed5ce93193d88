import { expect, it, vi } from 'vitest';
import { withoutRuntimeWarning } from '#identity/provider/runtime-warning.ts';

it('The warning of oidc-provider about the Node that passthru brings is not printed, and every other one is', async () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  const spy = console.warn;
  await withoutRuntimeWarning(async () => {
    console.warn('oidc-provider WARNING: a setting is deprecated');
    const { Provider } = await import('oidc-provider');
    console.warn('\x1b[31;1moidc-provider WARNING: Unsupported runtime. Use another.\x1b[0m');
    return Provider;
  });
  expect(warn.mock.calls).toEqual([['oidc-provider WARNING: a setting is deprecated']]);
  expect(console.warn).toBe(spy);
});

it('Warnings are printed again after a module that cannot be loaded', async () => {
  const { warn } = console;
  await expect(withoutRuntimeWarning(() => Promise.reject(new Error('gone')))).rejects.toThrow('gone');
  expect(console.warn).toBe(warn);
});
