/** The tenants that an issuer is the authority for: all, each that no other issuer names, or those with these names. */
export type TenantsOfIssuer = '*' | 'others' | readonly string[];

/** Says whether an issuer may speak for a tenant, by the name of the tenant. */
export type SpeaksFor = (tenantName: string) => boolean;

const namesOf = (tenants: TenantsOfIssuer): readonly string[] => (typeof tenants === 'string' ? [] : tenants);

/** One tenant has one authority at most: `checkIssuers` lets no other configuration through. */
export const speaksFor = (tenants: TenantsOfIssuer, all: readonly TenantsOfIssuer[]): SpeaksFor => {
  switch (tenants) {
    case '*':
      return () => true;
    case 'others': {
      const named: ReadonlySet<string> = new Set(all.flatMap(namesOf));
      return (tenantName) => !named.has(tenantName);
    }
    default:
      return (tenantName) => tenants.includes(tenantName);
  }
};
