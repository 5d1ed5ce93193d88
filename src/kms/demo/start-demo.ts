import type { Emit } from '#kms/events.ts';
import type { Demo } from './demo.ts';
import type { DemoTenants } from '#infra/demo-data/demo-tenants.ts';

/**
 * What `--demo` and `--reset-demo` do at a start. The first adds what is missing; the second puts the seed in place of the demo
 * data.
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
  if (reset) await demo.replace(given);
  else await demo.seed(given);
};
