import type { Demo } from './demo.ts';
import type { DemoTenants } from './demo-tenants.ts';
import type { DemoDataEvent } from './events.ts';

/**
 * Makes the demo data at a start: `--demo` adds what is missing, `--reset-demo` puts the seed in place of the demo data.
 *
 * @param options.given tenant ids that were chosen for all servers; an id that is not given is minted
 */
export const startDemo = async (options: {
  readonly demo: Demo;
  readonly reset: boolean;
  readonly given: DemoTenants;
  readonly emit: (event: DemoDataEvent) => void;
}): Promise<void> => {
  const { demo, reset, given, emit } = options;
  emit({ type: 'demo-credentials-active' });
  if (reset) await demo.replace(given);
  else await demo.seed(given);
};
