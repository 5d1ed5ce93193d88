import { type FineScope, KMS_SCOPES } from '#infra/magic/magic.ts';
import type { FieldIssue } from '#infra/apperr/app-error.ts';
import { nearest } from '#infra/config/issues.ts';
import { expandScopes } from './scopes.ts';

/** How the KMS learns that a token was revoked; docs/revocation.md says what each costs, and how soon it notices. */
export const REVOCATION_MODES = ['every-request', 'sensitive-only', 'interval', 'feed', 'never'] as const;
export type RevocationMode = (typeof REVOCATION_MODES)[number];

/** Names of operations: fine scopes, and coarse ones for all that they cover. */
const OPERATIONS: readonly string[] = Object.entries(KMS_SCOPES).flatMap(([coarse, fine]) => [coarse, ...fine]);

const isCoarse = (name: string): boolean => name in KMS_SCOPES;

interface RevocationModes {
  readonly mode: RevocationMode;
  readonly operations: Readonly<Record<string, RevocationMode | undefined>>;
}

/** As the configuration of an issuer states it. */
export type IssuerRevocation = RevocationModes & { readonly feed?: unknown };

export type ModeOf = (scope: FineScope) => RevocationMode;

/** The mode of each operation: as its fine scope says, else its coarse one, else the default. */
export const modesOf = ({ mode, operations }: RevocationModes): ModeOf => {
  const modes = new Map<FineScope, RevocationMode>();
  const named = Object.entries(operations).toSorted(([one], [other]) => Number(isCoarse(other)) - Number(isCoarse(one)));
  for (const [name, own] of named) if (own !== undefined) for (const scope of expandScopes([name])) modes.set(scope, own);
  return (scope) => modes.get(scope) ?? mode;
};

/** Every mode that is in use. */
export const modesInUse = ({ mode, operations }: RevocationModes): ReadonlySet<RevocationMode> =>
  new Set([mode, ...Object.values(operations).filter((own) => own !== undefined)]);

/** The longest life of tokens that nobody asks about, in seconds. */
export const MAX_UNASKED_SECONDS = 600;

/** Fields in which an issuer contradicts itself about revocation. */
export const revocationIssues = (
  issuer: { readonly max_token_seconds: number; readonly revocation: IssuerRevocation },
  field: string,
): readonly FieldIssue[] => {
  const inUse = modesInUse(issuer.revocation);
  const unknown = Object.keys(issuer.revocation.operations).filter((name) => !OPERATIONS.includes(name));
  return [
    ...unknown.map((name) => {
      const meant = nearest(name, OPERATIONS);
      const fix = meant === undefined ? 'Name a scope of the KMS, such as kms:decrypt or kms:crypto.' : `Did you mean ${meant}?`;
      return { field: `${field}/revocation/operations/${name}`, message: 'is not a scope of the KMS', fix };
    }),
    ...(inUse.has('never') && issuer.max_token_seconds > MAX_UNASKED_SECONDS
      ? [
          {
            field: `${field}/max_token_seconds`,
            message: `is ${issuer.max_token_seconds}, and may be at most ${MAX_UNASKED_SECONDS} where a revocation mode is never: a revoked token is good until it ends`,
            fix: `Set max_token_seconds to ${MAX_UNASKED_SECONDS} or less, and token_ttl_seconds of Identity likewise, or choose another mode.`,
          },
        ]
      : []),
    ...(inUse.has('feed') && issuer.revocation.feed === undefined
      ? [
          {
            field: `${field}/revocation/feed`,
            message: 'is missing, and a revocation mode is feed',
            fix: 'Add it with the uri of the feed.',
          },
        ]
      : []),
  ];
};
