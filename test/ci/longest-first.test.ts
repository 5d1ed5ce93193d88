import { expect, it } from 'vitest';
import type { TestSpecification, Vitest } from 'vitest/node';
import LongestFirst from '#test/support/duration/longest-first.ts';

/** The order in which files run, given as project, group, and milliseconds of the last run where there was one. */
const orderOf = async (files: Readonly<Record<string, readonly [string, number, number?]>>): Promise<readonly string[]> => {
  const specifications = Object.entries(files).map(([moduleId, [name, groupOrder, duration]]) => ({
    moduleId,
    duration,
    project: { name, config: { sequence: { groupOrder }, isolate: true } },
  }));
  const cache = {
    getTestSpecificationResult: ({ duration }: { readonly duration?: number }) =>
      duration === undefined ? undefined : { failed: false, duration },
  };
  const sequencer = new LongestFirst({ cache } as unknown as Vitest);
  // oxlint-disable-next-line unicorn/no-array-sort -- it is not that of an array
  const sorted = await sequencer.sort(specifications as unknown as TestSpecification[]);
  return sorted.map(({ moduleId }) => moduleId);
};

it('Files run group by group, and within a group the longest of the last run first, whatever its project', async () => {
  expect(
    await orderOf({
      short: ['whole', 1, 5],
      longest: ['whole', 1, 300],
      part: ['parts', 1, 80],
      last: ['load', 2, 900],
      first: ['browser', 0, 1],
    }),
  ).toEqual(['first', 'longest', 'part', 'short', 'last']);
});

it('Files of which nothing is known begin where they bring up whole stacks, and end where they do not', async () => {
  expect(await orderOf({ part: ['parts', 1], known: ['parts', 1, 80], whole: ['whole', 1] })).toEqual(['whole', 'known', 'part']);
});
