/** How far a ledger had come. */
export interface Position {
  /** The UUIDv7 of the ledger: one that was begun later is greater. */
  readonly ledger: string;
  readonly revision: number;
  /** Of the head; a transaction that was rolled back has made another head of the same revision. */
  readonly tag: string;
}

/**
 * How far the ledger of each database had come when this process, or one before it, last saw it. This is kept where the owner of the
 * database cannot write, so that the whole of a database cannot be put back unnoticed.
 */
export interface Revisions {
  /** @param owner a tenant id or `service` */
  of(owner: string): Position | undefined;
  /** Notes what was committed; an older position changes nothing. */
  saw(owner: string, position: Position): void;
}

export const isBefore = (one: Position, other: Position): boolean =>
  one.ledger === other.ledger ? one.revision < other.revision : one.ledger < other.ledger;

/** Whether a head that was found now cannot be the one that was there, or one after it. */
export const contradicts = (found: Position, known: Position): boolean =>
  isBefore(found, known) || (!isBefore(known, found) && found.tag !== known.tag);

/**
 * Positions in memory. They are as many as tenants: only a ledger with a right tag has one.
 *
 * @param known those from before
 */
export const createRevisions = (known: ReadonlyMap<string, Position> = new Map()): Revisions & { all(): ReadonlyMap<string, Position> } => {
  const positions = new Map(known);
  return {
    of: (owner) => positions.get(owner),
    saw: (owner, position) => {
      const before = positions.get(owner);
      if (before === undefined || isBefore(before, position)) positions.set(owner, position);
    },
    all: () => positions,
  };
};
