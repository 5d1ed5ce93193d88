import type { Demo } from './demo.ts';
import type { DemoTenants } from './demo-tenants.ts';
import type { DemoEvent } from './events.ts';

/**
 * The demo data at a start with `--demo`, which adds what is missing, or `--reset-demo`, which puts the seed in place of the demo
 * data.
 *
 * @param options.given tenant ids chosen by whoever starts the servers; minted where none is given
 */
export const startDemo = async (options: {
  readonly demo: Demo;
  readonly reset: boolean;
  readonly given: DemoTenants;
  readonly emit: (event: DemoEvent) => void;
}): Promise<void> => {
  const { demo, reset, given, emit } = options;
  emit({ type: 'demo-credentials-active' });
  if (reset) await demo.replace(given);
  else await demo.seed(given);
};
