import type { Emit } from '#kms/events.ts';
import type { Demo } from './demo.ts';
import type { DemoTenants } from '#infra/demo-data/demo-tenants.ts';

const isSame = (a: DemoTenants, b: DemoTenants): boolean =>
  Object.keys(a).length === Object.keys(b).length && Object.entries(a).every(([name, id]) => b[name] === id);

/**
 * What `--demo` and `--reset-demo` do at a start. The first adds what is missing; the second puts the seed in place of the demo
 * data. A reset is known by the tenant ids that it brings: one that was done before, say by a start that then crashed, is
 * not done again.
 *
 * @param options.given tenant ids chosen by whoever starts the servers; minted where none is given
 */
export const startDemo = async (options: {
  readonly demo: Demo;
  readonly reset: boolean;
  readonly given: DemoTenants;
  readonly emit: Emit;
}): Promise<void> => {
  const { demo, reset, given, emit } = options;
  emit({ type: 'demo-credentials-active' });
  if (!reset) return demo.seed(given);
  const { tenants } = await demo.state();
  if (isSame(tenants, given)) {
    emit({ type: 'demo-reset-already-done' });
    return demo.seed(given);
  }
  const { resetId } = await demo.reset(given);
  await demo.commit(resetId);
};
