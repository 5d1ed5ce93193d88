import type { TRUST_STORES } from '#infra/magic/magic.ts';

/**
 * The root of a state folder in the trust stores of this machine: which places there are (`nss-places.ts`, `system-store.ts`), what was
 * put where (`trust-records.ts`), and the two acts (`change-trust.ts`). Everything that is put anywhere carries the name of
 * its root, and nothing else is touched.
 */

export type StoreName = (typeof TRUST_STORES)[number];

/** A root certificate, as it is put into a store. */
export interface Root {
  readonly file: string;
  readonly pem: string;
  /** SHA-256, 64 hexadecimal digits in lower case. */
  readonly fingerprint: string;
}

/** One place that holds roots: a folder of the system, or one database of NSS. */
export interface TrustPlace {
  readonly store: StoreName;
  readonly path: string;
  /** The programs that look there, for example `Firefox`. */
  readonly readers: string;
  /** Why nothing can be changed there by this program, as it runs; null when it can. */
  blocked(change: 'add' | 'remove', root: Pick<Root, 'file' | 'fingerprint'>): Promise<Obstacle | null>;
  /** Whether programs that look there believe this root, whoever put it there. */
  trusts(root: Root): Promise<boolean>;
  /** Whether `add` put this root there. */
  holds(fingerprint: string): Promise<boolean>;
  /** Puts the root there under its own name. @throws AppError */
  add(root: Root): Promise<void>;
  /** Takes away what `add` put there. @throws AppError */
  remove(fingerprint: string): Promise<void>;
}

export interface Obstacle {
  readonly why: string;
  readonly fix: string;
}

/** The name under which a root lies in a store: by it nothing else is taken for ours. */
export const nameOf = (fingerprint: string): string => `passthru-${fingerprint.slice(0, 16)}`;
