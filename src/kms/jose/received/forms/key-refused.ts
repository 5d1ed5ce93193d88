/**
 * Why a key is not taken:
 *
 *     form          it is written otherwise than the form that was named
 *     kind          it is of another type, curve or length than the algorithm's
 *     weak          whoever sees its public part, or guesses, may find the private one
 *     inconsistent  its parts are not of one key
 */
export type Fault = 'form' | 'kind' | 'weak' | 'inconsistent';

/** A key that came from elsewhere and is not taken. Neither message nor fix holds a byte of it. */
export class KeyRefused extends Error {
  override readonly name = 'KeyRefused';
  readonly fault: Fault;
  readonly fix: string;

  /** @param message ends a sentence that begins with the key */
  constructor(fault: Fault, message: string, fix: string) {
    super(message);
    this.fault = fault;
    this.fix = fix;
  }
}
