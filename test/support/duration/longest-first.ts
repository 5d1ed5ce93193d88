import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** The project of whole stacks, whose files are the long ones. */
const LONG_PROJECT = 'whole';

/**
 * Files that run beside each other begin with the one that took longest the last time, whatever its project, so that at the end no worker
 * waits for another's long file; vitest's own order takes one project after the other. Of files of which nothing is known yet, those with
 * whole stacks begin.
 */
export default class LongestFirst extends BaseSequencer {
  override async sort(specifications: TestSpecification[]): Promise<TestSpecification[]> {
    const lengthOf = (specification: TestSpecification): number =>
      this.ctx.cache.getTestSpecificationResult(specification)?.duration ??
      (specification.project.name === LONG_PROJECT ? Number.MAX_SAFE_INTEGER : 0);
    const groupOf = ({ project }: TestSpecification): number => project.config.sequence.groupOrder;
    // oxlint-disable-next-line unicorn/no-array-sort -- it is not that of an array
    const inOrder = await super.sort(specifications);
    return inOrder.toSorted((a, b) => groupOf(a) - groupOf(b) || lengthOf(b) - lengthOf(a));
  }
}
