import { type Static, Type } from 'typebox';
import type { FieldIssue } from '#infra/apperr/app-error.ts';
import { repeated } from '#infra/config/repeated.ts';
import { strictObject } from '#infra/config/schema.ts';
import { isScopeToken, keyScopeOf } from '#infra/magic/key-scopes.ts';
import { fineScopesOf } from '#infra/magic/scopes.ts';

const MAX_NAMED = 1_000;

const namedScope = strictObject({
  name: Type.String({ minLength: 1, maxLength: 128, description: 'the scope, as tokens carry it (RFC 6749 section 3.3)' }),
  covers: Type.Array(Type.String({ minLength: 1, maxLength: 512 }), {
    minItems: 1,
    maxItems: 256,
    uniqueItems: true,
    description: 'the scopes that it stands for: coarse, fine, by key, by label, or others of this list',
  }),
});

/** Scopes that an operator names, each for others. */
export const namedScopesConfigSchema = Type.Array(namedScope, {
  default: [],
  maxItems: MAX_NAMED,
  description: 'scopes of your own, each of which stands for others',
});

type Named = Static<typeof namedScopesConfigSchema>;

const isOurs = (scope: string): boolean => fineScopesOf(scope).length > 0 || keyScopeOf(scope) !== null;

/** All that a name leads to, names among it; itself only where it stands in a circle. */
const reachOf = (config: Named): ((name: string) => ReadonlySet<string>) => {
  const direct = new Map(config.map(({ name, covers }) => [name, covers]));
  return (name) => {
    const reached = new Set(direct.get(name));
    // A set iterates over what is added meanwhile.
    for (const each of reached) for (const next of direct.get(each) ?? []) reached.add(next);
    return reached;
  };
};

/** For each name, the scopes that it stands for in the end. */
export const scopesByName = (config: Named): ReadonlyMap<string, readonly string[]> => {
  const reach = reachOf(config);
  return new Map(config.map(({ name }) => [name, [...reach(name)].filter(isOurs)]));
};

const nameIssues = (name: string, field: string): readonly FieldIssue[] => [
  ...(isScopeToken(name)
    ? []
    : [{ field, message: 'has a character that no scope has: white space, a quote, a backslash, or none of ASCII' }]),
  ...(name.startsWith('kms:')
    ? [{ field, message: 'begins with kms:, as only scopes of the KMS itself do', fix: 'Choose another name.' }]
    : []),
];

/** Issues that no JSON Schema can find: names that no token can carry, or that mean nothing. @param at JSON Pointer of the list */
export const namedScopesIssues = (config: Named, at: string): readonly FieldIssue[] => {
  const reach = reachOf(config);
  const names = config.map(({ name }) => name);
  return [
    ...repeated(names, (index) => `${at}/${index}/name`),
    ...config.flatMap(({ name, covers }, index): FieldIssue[] => [
      ...nameIssues(name, `${at}/${index}/name`),
      ...(reach(name).has(name) ? [{ field: `${at}/${index}/covers`, message: `leads back to ${name} itself` }] : []),
      ...covers.flatMap((scope, place): FieldIssue[] =>
        names.includes(scope) || isOurs(scope)
          ? []
          : [{ field: `${at}/${index}/covers/${place}`, message: `is ${scope}, which is no scope of the KMS, and none of this list` }],
      ),
    ]),
  ];
};
