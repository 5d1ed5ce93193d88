import type { FieldIssue } from '#infra/apperr/app-error.ts';
import { nearest } from '#infra/config/issues.ts';
import { type FineScope, KMS_SCOPES, ROLE_SCOPES } from '#infra/magic/magic.ts';
import { expandScopes, FINE_SCOPES } from './scopes.ts';

/** A role as realms.yml states it. */
export interface StatedRole {
  readonly name: string;
  /** Names of roles whose scopes it has as well. */
  readonly includes: readonly string[];
  /** Coarse or fine. */
  readonly scopes: readonly string[];
}

/** The roles that there are, and what each grants. */
export interface Roles {
  readonly names: readonly string[];
  /** Fine scopes of somebody with these roles; a role that is not there grants nothing. */
  scopesOf(roles: readonly string[]): ReadonlySet<FineScope>;
}

const BUILT_IN: readonly StatedRole[] = Object.entries(ROLE_SCOPES).map(([name, scopes]) => ({ name, includes: [], scopes }));

/** The built-in roles with the stated ones laid over them: one that bears the name of a built-in role takes its place. */
const allOf = (stated: readonly StatedRole[]): ReadonlyMap<string, StatedRole> =>
  new Map([...BUILT_IN, ...stated].map((role) => [role.name, role]));

const unknownName = (field: string, name: string, known: readonly string[], what: string): FieldIssue => {
  const meant = nearest(name, known);
  return {
    field,
    message: `names the ${what} ${JSON.stringify(name)}, which does not exist`,
    fix: meant === undefined ? `Name one of ${known.join(', ')}.` : `Did you mean ${meant}?`,
  };
};

/** An issue for every role in a list that does not exist. @param field of one of them, by its index */
export const unknownRoles = (
  named: readonly string[],
  known: Pick<Roles, 'names'>,
  field: (index: number) => string,
): readonly FieldIssue[] =>
  named.flatMap((name, index) => (known.names.includes(name) ? [] : [unknownName(field(index), name, known.names, 'role')]));

/** The way from a role back to itself, by what each includes; null where there is none. */
const circleFrom = (start: string, roles: ReadonlyMap<string, StatedRole>): readonly string[] | null => {
  const seen = new Set<string>();
  const search = (name: string, way: readonly string[]): readonly string[] | null => {
    for (const next of roles.get(name)?.includes ?? []) {
      if (next === start) return [...way, next];
      if (seen.has(next)) continue;
      seen.add(next);
      const found = search(next, [...way, next]);
      if (found !== null) return found;
    }
    return null;
  };
  return search(start, [start]);
};

const SCOPES: readonly string[] = [...Object.keys(KMS_SCOPES), ...FINE_SCOPES];

/**
 * Issues of the roles that no JSON Schema can find: names of roles and scopes that do not exist, and roles that include themselves.
 *
 * @param field of the list, as a JSON Pointer
 */
export const roleIssues = (stated: readonly StatedRole[], field: string): readonly FieldIssue[] => {
  const all = allOf(stated);
  const names = [...all.keys()];
  return stated.flatMap(({ name, includes, scopes }, index) => {
    const at = `${field}/${index}`;
    const circle = circleFrom(name, all);
    return [
      ...unknownRoles(includes, { names }, (each) => `${at}/includes/${each}`),
      ...scopes.flatMap((scope, each) => (SCOPES.includes(scope) ? [] : [unknownName(`${at}/scopes/${each}`, scope, SCOPES, 'scope')])),
      ...(circle === null
        ? []
        : [{ field: `${at}/includes`, message: `goes in a circle: ${circle.join(' → ')}`, fix: `Remove ${circle[1] ?? name} there.` }]),
    ];
  });
};

/** @param stated without issues */
export const createRoles = (stated: readonly StatedRole[] = []): Roles => {
  const all = allOf(stated);
  const withIncluded = (names: readonly string[]): ReadonlySet<string> => {
    const found = new Set(names);
    // A set goes on to what is added while it is gone through, and takes each once.
    for (const name of found) for (const included of all.get(name)?.includes ?? []) found.add(included);
    return found;
  };
  const scopesOf = (names: readonly string[]): ReadonlySet<FineScope> =>
    expandScopes([...withIncluded(names)].flatMap((name) => all.get(name)?.scopes ?? []));
  return { names: [...all.keys()], scopesOf };
};
