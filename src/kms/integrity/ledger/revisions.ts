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

/** A position, and whose it is. */
export interface OwnedPosition {
  /** A tenant id or `service`. */
  readonly owner: string;
  readonly position: Position;
}

/** The same positions for the audit, which signs how far the databases had come. */
export interface SignedRevisions {
  /** Positions that no head names yet; the oldest first, at most so many. */
  unsigned(limit: number): readonly OwnedPosition[];
  /** Notes that a head names these. */
  signed(positions: readonly OwnedPosition[]): void;
  /** Takes what heads from before say. */
  recall(positions: readonly OwnedPosition[]): void;
}

export const isBefore = (one: Position, other: Position): boolean =>
  one.ledger === other.ledger ? one.revision < other.revision : one.ledger < other.ledger;

/** Whether a head that was found now cannot be the one that was there, or one after it. */
export const contradicts = (found: Position, known: Position): boolean =>
  isBefore(found, known) || (!isBefore(known, found) && found.tag !== known.tag);

export interface RevisionsInMemory extends Revisions, SignedRevisions {
  /** Takes what another process says that it saw. */
  learn(owner: string, position: Position): void;
  all(): ReadonlyMap<string, Position>;
}

/**
 * Positions in memory. They are as many as tenants: only a ledger with a right tag has one.
 *
 * @param known those from before, said by others; heads name only those that were seen since
 */
export const createRevisions = (known: ReadonlyMap<string, Position> = new Map()): RevisionsInMemory => {
  const positions = new Map(known);
  const named = new Map<string, Position>();
  const unsigned = new Map<string, Position>();
  const isKnown = (of: ReadonlyMap<string, Position>, owner: string, position: Position): boolean => {
    const before = of.get(owner);
    return before !== undefined && !isBefore(before, position);
  };
  const learn = (owner: string, position: Position): void => {
    if (!isKnown(positions, owner, position)) positions.set(owner, position);
  };
  const name = (owner: string, position: Position): void => {
    if (!isKnown(named, owner, position)) named.set(owner, position);
    const own = unsigned.get(owner);
    if (own !== undefined && isKnown(named, owner, own)) unsigned.delete(owner);
  };
  return {
    of: (owner) => positions.get(owner),
    saw: (owner, position) => {
      learn(owner, position);
      if (!isKnown(named, owner, position) && !isKnown(unsigned, owner, position)) unsigned.set(owner, position);
    },
    learn,
    all: () => positions,
    unsigned: (limit) => [...unsigned.entries().take(limit)].map(([owner, position]) => ({ owner, position })),
    signed: (heads) => {
      for (const { owner, position } of heads) name(owner, position);
    },
    recall: (heads) => {
      for (const { owner, position } of heads) {
        learn(owner, position);
        name(owner, position);
      }
    },
  };
};
