import type { FieldIssue } from '#infra/apperr/app-error.ts';

/** An issue for every name that stands in a list a second time, which no JSON Schema can say. */
export const repeated = (names: readonly string[], field: (index: number) => string): readonly FieldIssue[] =>
  names.flatMap((name, index) =>
    names.indexOf(name) === index
      ? []
      : [{ field: field(index), message: `repeats ${name}`, fix: 'Give each its own name, or remove one.' }],
  );
