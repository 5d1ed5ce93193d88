import type { FieldIssue } from '#infra/apperr/app-error.ts';
import { repeated } from '#infra/config/repeated.ts';
import { type IssuerRevocation, revocationIssues } from '../revocation-modes.ts';
import type { TenantsOfIssuer } from './authority.ts';

/** The members of an issuer's configuration in which two issuers can contradict each other, or one itself. */
interface StatedIssuer {
  readonly issuer: string;
  readonly name?: string;
  readonly tenants: TenantsOfIssuer;
  readonly discovery: boolean;
  readonly jwks_uri?: string;
  readonly max_token_seconds: number;
  readonly revocation: IssuerRevocation & {
    readonly introspection_endpoint?: string;
    readonly opaque_tokens: 'refuse' | 'introspect';
    readonly authentication: string;
    readonly client_secret_file?: string;
  };
}

/** The name of an issuer in `/readyz`, the log and the jobs: as stated, else by its place in the list. */
export const nameOfIssuer = ({ name }: { readonly name?: string }, index: number): string =>
  name ?? (index === 0 ? 'identity' : `identity-${index + 1}`);

/** What reads the same to a person and leads to the same server: a token is still compared with what is written. */
const spellingOf = (issuer: string): string => (URL.canParse(issuer) ? new URL(issuer).href.replace(/\/+$/, '') : issuer);

const field = (index: number, member: string): string => `/identity/issuers/${index}/${member}`;

const sameIssuer = (issuers: readonly StatedIssuer[]): readonly FieldIssue[] => {
  const twice = repeated(
    issuers.map(({ issuer }) => issuer),
    (index) => field(index, 'issuer'),
  );
  const spelled = issuers.map(({ issuer }) => spellingOf(issuer));
  const alike = issuers.flatMap(({ issuer }, index) => {
    const first = spelled.indexOf(spelled[index] ?? '');
    const other = issuers[first]?.issuer;
    if (first === index || other === issuer) return [];
    const fix = 'Keep the entry whose issuer is written exactly as `iss` of its tokens.';
    return [{ field: field(index, 'issuer'), message: `is ${other} written otherwise`, fix }];
  });
  const names = repeated(issuers.map(nameOfIssuer), (index) => field(index, 'name'));
  return [...twice, ...alike, ...names];
};

const OTHERS_FIX = 'Name its tenants, or say `others`: every tenant that no other issuer names.';

/** Two issuers that may speak for one tenant: each could pretend to be the users of the other. */
const sharedTenants = (issuers: readonly StatedIssuer[]): readonly FieldIssue[] => {
  const named = issuers.flatMap(({ tenants }, index) => (typeof tenants === 'string' ? [] : tenants.map((tenant) => ({ tenant, index }))));
  return issuers.flatMap(({ tenants }, index): readonly FieldIssue[] => {
    const at = field(index, 'tenants');
    switch (tenants) {
      case '*':
        return issuers.length === 1 ? [] : [{ field: at, message: 'is "*" beside another issuer', fix: OTHERS_FIX }];
      case 'others':
        return issuers.findIndex((other) => other.tenants === 'others') === index
          ? []
          : [{ field: at, message: 'is `others` for a second issuer', fix: 'Name the tenants of all issuers but one.' }];
      default:
        return tenants.flatMap((tenant) => {
          const other = named.find((each) => each.tenant === tenant && each.index < index);
          if (other === undefined) return [];
          const message = `names ${tenant}, for which the issuer ${issuers[other.index]?.issuer} speaks already`;
          return [{ field: at, message, fix: 'Leave the tenant to one of the two.' }];
        });
    }
  });
};

const unlocated = (issuers: readonly StatedIssuer[]): readonly FieldIssue[] =>
  issuers.flatMap(({ discovery, jwks_uri: keys, revocation }, index) => {
    if (discovery) return [];
    const missing = [
      ...(keys === undefined ? ['jwks_uri'] : []),
      ...(revocation.introspection_endpoint === undefined ? ['revocation/introspection_endpoint'] : []),
    ];
    const fix = 'State it, or `discovery: true`, which takes it from the metadata of the issuer.';
    return missing.map((member) => ({ field: field(index, member), message: 'is missing', fix }));
  });

const unproven = (issuers: readonly StatedIssuer[]): readonly FieldIssue[] =>
  issuers.flatMap(({ revocation: { authentication, client_secret_file: file } }, index) => {
    if ((authentication === 'client_secret_basic') === (file !== undefined)) return [];
    const message = file === undefined ? 'is missing' : 'is of no use beside a certificate';
    const fix = 'Give the file of the secret for client_secret_basic, and none for tls_client_auth.';
    return [{ field: field(index, 'revocation/client_secret_file'), message, fix }];
  });

/** A token that says nothing goes to the issuer that is asked about it: others would learn tokens that are not theirs. */
const severalForOpaque = (issuers: readonly StatedIssuer[]): readonly FieldIssue[] => {
  const asking = issuers.flatMap(({ revocation }, index) => (revocation.opaque_tokens === 'introspect' ? [index] : []));
  const fix = 'Let one issuer alone have opaque tokens, and the others JWTs.';
  return asking
    .slice(1)
    .map((index) => ({ field: field(index, 'revocation/opaque_tokens'), message: 'is `introspect` for a second issuer', fix }));
};

/**
 * Everything that is ambiguous in a list of issuers, which no JSON Schema can say: one issuer twice, also in another spelling; a tenant
 * with two authorities; an issuer whose keys nobody knows where to find; a way to hear of revocations that cannot work; opaque tokens of
 * two issuers; an issuer to whom the KMS cannot prove itself. An empty list: all is well.
 */
export const checkIssuers = (issuers: readonly StatedIssuer[]): readonly FieldIssue[] => [
  ...sameIssuer(issuers),
  ...sharedTenants(issuers),
  ...unlocated(issuers),
  ...unproven(issuers),
  ...issuers.flatMap((issuer, index) => revocationIssues(issuer, `/identity/issuers/${index}`)),
  ...severalForOpaque(issuers),
];
