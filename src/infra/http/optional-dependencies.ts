import type { Jobs } from '#infra/jobs/job.ts';
import { type DependencyCheck, type DependencyState, sharedProbe } from './health.ts';

/** Milliseconds between two looks while nobody asks. */
const LOOK_EVERY_MS = 2_000;

/**
 * Nobody waits for something that a service can do without: the state of an optional dependency is that of the last look, and who asks
 * sets off the next one. A job looks, too, so that the last look is never old. Required dependencies stay as they are.
 *
 * @param options.elapsed milliseconds of a clock that never goes back
 */
export const watchOptional = (
  dependencies: readonly DependencyCheck[],
  options: { readonly jobs: Pick<Jobs, 'start'>; readonly elapsed?: () => number },
): readonly DependencyCheck[] => {
  const { jobs, elapsed = () => performance.now() } = options;
  return dependencies.map((dependency) => {
    if (dependency.required) return dependency;
    const { name } = dependency;
    let last: DependencyState = { state: 'down', required: false, latency_ms: 0, cause: `${name} was not looked at yet` };
    const probe = sharedProbe(dependency, elapsed);
    // A look never fails: it says what failed.
    const look = async (): Promise<void> => void (last = await probe());
    void look();
    jobs.start({ name: `look-at-${name}`, periodMs: LOOK_EVERY_MS, run: look });
    return {
      ...dependency,
      last: () => {
        void look();
        return last;
      },
    };
  });
};
