import type { AuditIndexRow } from '#kms/database/audit.table.ts';
import type { Found } from './recorded-act.ts';

/** Where in a chain a stretch lies, and when it was. */
export interface StretchPlace {
  readonly chain: string;
  readonly firstPart: number;
  readonly lastPart: number;
  /** Epoch milliseconds of its first record. */
  readonly from: number;
  /** Epoch milliseconds of its end. */
  readonly at: number;
}

/** Characters of a value in the index; one that is longer is looked for by its beginning. */
const MAX_VALUE = 128;

/** A value as the index has it: no half of a pair is left where it is cut, because a database would take two of those for one. */
export const indexedValue = (value: string): string => value.slice(0, MAX_VALUE).toWellFormed();

interface Facets {
  readonly key: Set<string>;
  readonly actor: Set<string>;
  readonly action: Set<string>;
  readonly outcome: Set<string>;
}

/** What happened between two heads of a chain, as the index will know it: which tenants, and of each which keys, actors and so on. */
export interface Stretch {
  add(found: Found): void;
  rows(place: StretchPlace): readonly AuditIndexRow[];
}

export const createStretch = (): Stretch => {
  // Tenants by the ids that the directory gave them; it ends with the next head.
  const tenants = new Map<string, Facets>();
  return {
    add: ({ tenant, key, actor, action, outcome }) => {
      let facets = tenants.get(tenant);
      if (facets === undefined) {
        facets = { key: new Set(), actor: new Set(), action: new Set(), outcome: new Set() };
        tenants.set(tenant, facets);
      }
      if (key !== undefined) facets.key.add(key);
      facets.actor.add(actor);
      facets.action.add(action);
      facets.outcome.add(outcome);
    },
    rows: ({ chain, firstPart, lastPart, from, at }) => {
      const place = { at, from_at: from, chain, first_part: firstPart, last_part: lastPart };
      return [...tenants].flatMap(([tenant, facets]) => [
        { tenant_id: tenant, facet: 'tenant', value: '', ...place },
        ...Object.entries(facets).flatMap(([facet, values]: [string, Set<string>]) =>
          // Two long ones may begin alike.
          [...new Set([...values].map(indexedValue))].map((value) => ({
            tenant_id: tenant,
            facet,
            value,
            ...place,
          })),
        ),
      ]);
    },
  };
};
