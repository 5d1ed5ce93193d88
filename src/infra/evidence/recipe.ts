import type { Json } from './exchange.ts';

/**
 * How the value of a check is taken from exchanges: a tree as data. `R` names an exchange: the exchange itself while a run lasts, its id
 * in a bundle. `evaluate.ts` reads it, in both.
 */
export type Recipe<R = string> =
  /** A value that hangs on no exchange. */
  | { readonly take: 'value'; readonly value: Json }
  | { readonly take: 'status' | 'url' | 'text'; readonly of: R }
  | { readonly take: 'header'; readonly of: R; readonly name: string }
  /** The answer's first cookie whose name begins so: its value and attributes, as `Set-Cookie` has them after the name. */
  | { readonly take: 'cookie'; readonly of: R; readonly name: string }
  /** A member of the body by JSON Pointer (RFC 6901): of the answer, or of the request. */
  | { readonly take: 'body' | 'sent'; readonly of: R; readonly at: string }
  /** A member of the protected header of a compact JOSE object, or of the claims of a JWT. */
  | { readonly do: 'header' | 'claim'; readonly with: Recipe<R>; readonly at: string }
  /** Parts of a compact JOSE object; entries of a list; the version of a UUID. */
  | { readonly do: 'parts' | 'count' | 'uuid-version'; readonly with: Recipe<R> }
  /** A parameter of a URL's query; of a challenge (`WWW-Authenticate`); the value of a directive (`Content-Security-Policy`). */
  | { readonly do: 'query' | 'parameter' | 'directive'; readonly with: Recipe<R>; readonly name: string }
  /** A URL without its query; its path; the first part of its path. */
  | { readonly do: 'address' | 'path' | 'place'; readonly with: Recipe<R> }
  | { readonly do: 'sorted' | 'distinct' | 'unspaced'; readonly with: Recipe<R> }
  /** A text up to this sign; whether it stands in a text. */
  | { readonly do: 'before' | 'contains'; readonly with: Recipe<R>; readonly sign: string }
  /** The name of an id in a table of names. */
  | { readonly do: 'named'; readonly with: Recipe<R>; readonly in: Readonly<Record<string, string>> }
  /** One member of each entry of a list. */
  | { readonly do: 'each'; readonly with: Recipe<R>; readonly at: string }
  /** The first of several that is there; all of them as one list, into which the entries of lists go. */
  | { readonly do: 'first' | 'list'; readonly with: readonly Recipe<R>[] }
  /** Values with a space between them, without those that are not there. */
  | { readonly do: 'words'; readonly with: readonly Recipe<R>[]; readonly between: string }
  | { readonly do: 'equal'; readonly with: readonly [Recipe<R>, Recipe<R>] }
  /** Whether every one is true; is there; is none of the others. */
  | { readonly do: 'all' | 'present' | 'different'; readonly with: readonly Recipe<R>[] }
  | { readonly do: 'choose'; readonly if: Recipe<R>; readonly yes: Json; readonly no: Json };

/** The basis of a check: recipes for both of its values, or the reason why no record can show it. */
export type Basis<R = string> =
  | { readonly kind: 'exchanges'; readonly expected: Recipe<R>; readonly got: Recipe<R> }
  | { readonly kind: 'observed'; readonly why: string };

/** The same recipe with its exchanges named otherwise; null where one has no name. */
export const renamed = <R, S>(recipe: Recipe<R>, name: (of: R) => S | null): Recipe<S> | null => {
  if ('of' in recipe) {
    const of = name(recipe.of);
    return of === null ? null : ({ ...recipe, of } as Recipe<S>);
  }
  if (!('with' in recipe) && !('if' in recipe)) return recipe;
  if ('if' in recipe) {
    const test = renamed(recipe.if, name);
    return test === null ? null : { ...recipe, if: test };
  }
  const parts = Array.isArray(recipe.with) ? (recipe.with as readonly Recipe<R>[]) : [recipe.with as Recipe<R>];
  const named = parts.map((part) => renamed(part, name));
  if (named.includes(null)) return null;
  return { ...recipe, with: Array.isArray(recipe.with) ? named : named[0] } as Recipe<S>;
};

/** The exchanges that a recipe reads, each once, in the order in which it names them. */
export const namedIn = <R>(recipe: Recipe<R>): readonly R[] => {
  const found = new Set<R>();
  renamed(recipe, (of) => {
    found.add(of);
    return of;
  });
  return [...found];
};
