import type { ErrorObject } from 'ajv';
import type { FieldIssue } from '#infra/apperr/app-error.ts';

/** A key that is longer was not meant to be one of ours: it is cut, and compared with nothing. */
const MAX_KEY_CHARACTERS = 64;

/** Edit distance (Levenshtein), for "did you mean". */
const distance = (a: string, b: string): number => {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      next[j] = Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
};

/** The candidate that a mistyped word was most likely meant to be, if any is near. */
export const nearest = (word: string, candidates: readonly string[]): string | undefined =>
  candidates
    .map((candidate) => ({ candidate, edits: distance(word, candidate) }))
    // As many edits as letters leave nothing of the word.
    .filter(({ candidate, edits }) => edits < word.length && edits <= Math.max(2, Math.floor(candidate.length / 3)))
    .toSorted((a, b) => a.edits - b.edits)[0]?.candidate;

/** A key as an issue names it. */
const shown = (key: string): string => (key.length > MAX_KEY_CHARACTERS ? `${key.slice(0, MAX_KEY_CHARACTERS)}…` : key);

const unknownKey = (error: ErrorObject, field: string): FieldIssue => {
  const key = String(error.params['additionalProperty']);
  const allowed = Object.keys((error.parentSchema?.['properties'] as object | undefined) ?? {});
  const meant = key.length > MAX_KEY_CHARACTERS ? undefined : nearest(key, allowed);
  return {
    field: `${field}/${shown(key)}`,
    message: 'is not a known field',
    fix: meant === undefined ? `Remove it; known here: ${allowed.join(', ') || 'none'}.` : `Did you mean ${meant}?`,
  };
};

const describe = (error: ErrorObject): FieldIssue => {
  const { propertyName } = error;
  const field = propertyName === undefined ? error.instancePath : `${error.instancePath}/${shown(propertyName)}`;
  switch (error.keyword) {
    case 'additionalProperties':
      return unknownKey(error, field);
    case 'required':
      return { field: `${field}/${String(error.params['missingProperty'])}`, message: 'is missing', fix: 'Add it.' };
    case 'const':
      return { field, message: `must be ${JSON.stringify(error.params['allowedValue'])}` };
    case 'enum':
      return { field, message: `must be one of ${(error.params['allowedValues'] as unknown[]).join(', ')}` };
    case 'pattern': {
      const hint: unknown = error.parentSchema?.['description'];
      return { field, message: typeof hint === 'string' ? `must be ${hint}` : `must match ${String(error.params['pattern'])}` };
    }
    default:
      return { field, message: error.message ?? `fails ${error.keyword}` };
  }
};

/**
 * Reduces the errors of a union that does not match to the branch that was meant: the one whose literal (say `kind: sqlite`) fits.
 * Where no branch fits, the union itself is reported, with its literals.
 */
const meantBranches = (errors: readonly ErrorObject[]): readonly ErrorObject[] => {
  const dropped = new Set<ErrorObject>();
  for (const union of errors.filter((error) => error.keyword === 'anyOf')) {
    const branches = new Map<string, ErrorObject[]>();
    for (const error of errors) {
      if (!error.schemaPath.startsWith(`${union.schemaPath}/`) || !error.instancePath.startsWith(union.instancePath)) continue;
      const branch = error.schemaPath.slice(union.schemaPath.length + 1).split('/')[0] ?? '';
      const known = branches.get(branch);
      if (known === undefined) branches.set(branch, [error]);
      else known.push(error);
    }
    const fitting = [...branches.values()].filter((branch) =>
      // A wrong type further down is a mistake in the branch that was meant.
      branch.every(
        ({ keyword, instancePath }) => keyword !== 'const' && (instancePath !== union.instancePath || !['enum', 'type'].includes(keyword)),
      ),
    );
    for (const branch of branches.values()) if (!fitting.includes(branch)) for (const error of branch) dropped.add(error);
    if (fitting.length > 0) dropped.add(union);
  }
  return errors.filter((error) => !dropped.has(error));
};

interface UnionOption {
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly type?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, { readonly const?: unknown }>>;
}

const TYPES: Readonly<Record<string, readonly string[]>> = {
  array: ['a list'],
  object: ['a mapping'],
  string: ['a text'],
  boolean: ['true', 'false'],
  null: ['null'],
};

/** The values of one branch of a union: a constant, one of some, a whole number of a range, or else its type. */
const valuesOf = ({ const: constant, enum: values, type, minimum, maximum }: UnionOption): readonly string[] => {
  if (constant !== undefined) return [String(constant)];
  if (values !== undefined) return values.map(String);
  if (type !== 'integer' && type !== 'number') return TYPES[type ?? ''] ?? [];
  const kind = type === 'integer' ? 'a whole number' : 'a number';
  const least = minimum === undefined ? '' : ` of at least ${minimum}`;
  const most = maximum === undefined ? '' : ` of at most ${maximum}`;
  return [minimum === undefined || maximum === undefined ? `${kind}${least}${most}` : `${kind} from ${minimum} to ${maximum}`];
};

const describeUnion = (error: ErrorObject): FieldIssue => {
  const options = (error.parentSchema?.['anyOf'] as UnionOption[] | undefined) ?? [];
  const [first, ...rest] = options.map(({ properties = {} }) =>
    Object.keys(properties).filter((key) => properties[key]?.const !== undefined),
  );
  const tag = first?.find((key) => rest.every((keys) => keys.includes(key)));
  if (tag !== undefined) {
    const kinds = options.map(({ properties }) => String(properties?.[tag]?.const));
    return { field: `${error.instancePath}/${tag}`, message: `must be one of ${kinds.join(', ')}` };
  }
  const values = options.flatMap(valuesOf);
  const areAllConstant = options.every((option) => option.const !== undefined || option.enum !== undefined);
  const isTold = options.length > 0 && options.every((option) => valuesOf(option).length > 0);
  if (!isTold) return { field: error.instancePath, message: 'has none of the allowed forms' };
  return { field: error.instancePath, message: areAllConstant ? `must be one of ${values.join(', ')}` : `must be ${values.join(' or ')}` };
};

/**
 * Ajv's errors as field issues: where, what is wrong, how to mend it; each field said once.
 *
 * @param max issues; where there are more errors, one more issue says how many
 */
export const issuesOf = (errors: readonly ErrorObject[], max = Number.POSITIVE_INFINITY): readonly FieldIssue[] => {
  // What is wrong with a name is an error of its own.
  const meant = meantBranches(errors.filter(({ keyword }) => keyword !== 'propertyNames'));
  const issues = new Map<string, FieldIssue>();
  for (const [index, error] of meant.entries()) {
    if (issues.size >= max) return [...issues.values(), { field: '', message: `has ${meant.length - index} more errors` }];
    const issue = error.keyword === 'anyOf' ? describeUnion(error) : describe(error);
    issues.set(`${issue.field} ${issue.message}`, issue);
  }
  return [...issues.values()];
};
