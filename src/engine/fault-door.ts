import type { Result } from '#infra/apperr/result.ts';
import type { PartName, ServiceName } from './engine.ts';

/** One thing that is broken for real, to see what holds without it. */
export type Fault =
  /** `killed`: SIGKILL; `frozen`: every process of it stands still, and its connections stay open; `stopped`: told to end. */
  | { readonly kind: 'killed' | 'frozen' | 'stopped'; readonly part: PartName }
  /** Its server has a certificate that has ended. */
  | { readonly kind: 'certificate-expired'; readonly service: ServiceName }
  /** No unseal share is where it was; or those of somebody else are. */
  | { readonly kind: 'shares-lost' | 'shares-foreign' }
  /** The disk with its data has not one block free. */
  | { readonly kind: 'disk-full'; readonly service: ServiceName }
  /** Its wall clock is so many seconds ahead of the others, or behind when negative. */
  | { readonly kind: 'clock-stepped'; readonly service: ServiceName; readonly seconds: number };

/**
 * The door by which a stack is broken on purpose, and put right again. Each fault is written down in the state folder before it is
 * inflicted, so that any later process can take it back. Inflicting and repairing wait for each other. The caller of what changes something (all but `whyNot` and `inflicted`)
 * holds the lock of the state folder.
 */
export interface FaultDoor {
  /** Why this fault cannot be had on this engine and machine, in one clause; null where it can. */
  whyNot(fault: Fault): Promise<string | null>;
  /** Breaks it; when this returns it is broken. @throws AppError where it cannot be broken */
  inflict(fault: Fault): Promise<void>;
  /** Lets a frozen part go on for the moment; it stays written down as frozen. */
  thaw(part: PartName): Promise<void>;
  /** Starts a part that has ended as it is, with whatever its files say now: nothing is prepared, so what is broken stays broken. */
  start(part: PartName): Promise<Result<unknown>>;
  /** The faults that are written down and not taken back. */
  inflicted(): Promise<readonly Fault[]>;
  /**
   * Takes back every fault that is written down, whichever process inflicted it. Parts that have ended stay so: `up` starts them.
   *
   * @returns the faults that were taken back
   * @throws AppError, the file system's error; what is still broken stays written down then
   */
  repair(): Promise<readonly Fault[]>;
}

/** A fault in a few words, for example `kms was killed`. */
export const faultText = (fault: Fault): string => {
  switch (fault.kind) {
    case 'killed':
    case 'frozen':
    case 'stopped':
      return `${fault.part} was ${fault.kind}`;
    case 'certificate-expired':
      return `the certificate of ${fault.service} was an expired one`;
    case 'shares-lost':
      return 'the unseal shares were away';
    case 'shares-foreign':
      return 'the unseal shares were those of somebody else';
    case 'disk-full':
      return `the disk of ${fault.service} was full`;
    case 'clock-stepped':
      return `the clock of ${fault.service} was ${Math.abs(fault.seconds)} s ${fault.seconds > 0 ? 'ahead' : 'behind'}`;
  }
};
