import { type Static, Type } from 'typebox';
import { strictObject } from '#infra/config/schema.ts';

const name = Type.String({ minLength: 1, maxLength: 128 });
const claimName = (its: string, by: string) =>
  Type.Union([name, Type.Array(name, { minItems: 1, maxItems: 8 })], {
    default: by,
    description: `the claim with ${its}: its name, or the list of names that leads to it through objects`,
  });

/** Where an issuer that is not ours has what the KMS reads in a token. A name is never split: claims may have dots and slashes in theirs. */
export const claimNamesSchema = strictObject(
  {
    tenant: claimName('the tenant', 'tenant_id'),
    tenant_is: Type.Enum(['id', 'name'], {
      default: 'id',
      description: 'whether that claim holds the id of the tenant or its name; never both',
    }),
    client_id: claimName('the client id, text', 'client_id'),
    scope: claimName('the scopes, as text with spaces or as a list', 'scope'),
    roles: claimName('the roles, a list', 'roles'),
    permissions: claimName('the permissions, a list that narrows the scopes', 'permissions'),
  },
  {
    description:
      'the claims of its tokens that have other names than those of Identity; of two names for one thing only the stated one counts',
  },
);

export type ClaimNames = Static<typeof claimNamesSchema>;

const OURS = { tenant: 'tenant_id', client_id: 'client_id', scope: 'scope', roles: 'roles', permissions: 'permissions' } as const;

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const claimAt = (payload: unknown, path: string | readonly string[]): unknown =>
  [path].flat().reduce<unknown>((at, each) => (isObject(at) && Object.hasOwn(at, each) ? at[each] : undefined), payload);

/** Scopes of a list as text; any other value stays as it is, and is refused for its form where that is wrong. */
const scopeText = (value: unknown): unknown =>
  Array.isArray(value) && value.every((each) => typeof each === 'string' && !each.includes(' ')) ? value.join(' ') : value;

/**
 * The payload of a token with its claims under the names that ours have. A claim that has the name of ours and is not the stated one is
 * left out, so that nobody gets a tenant or a scope out of a claim that the issuer gives for something else.
 *
 * @param names absent: the payload has our names already, and stays as it is
 */
export const withOurNames = (
  payload: Readonly<Record<string, unknown>>,
  names: ClaimNames | undefined,
): Readonly<Record<string, unknown>> => {
  if (names === undefined) return payload;
  const read = Object.entries(OURS).map(([field, ours]) => [ours, claimAt(payload, names[field as keyof typeof OURS])] as const);
  const others = Object.entries(payload).filter(([claim]) => !read.some(([ours]) => ours === claim));
  const stated = read
    .filter(([, value]) => value !== undefined)
    .map(([ours, value]) => [ours, ours === 'scope' ? scopeText(value) : value]);
  return Object.fromEntries([...others, ...stated]);
};
