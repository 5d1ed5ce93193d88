/** The clock of a host against ours: how many milliseconds it is ahead, or behind when negative. */
export interface ClockSkew {
  readonly host: string;
  readonly skewMs: number;
}

/** Milliseconds; a difference that tokens and certificates may feel is worth a word, below it is what every network has. */
const WORTH_A_WORD_MS = 5_000;
/** Milliseconds; certificates are made valid this long before they are made, so a greater difference breaks TLS. */
export const BREAKS_TLS_MS = 5 * 60_000;

export const CLOCK_FIX =
  'Set the clocks by a time server, for example with `timedatectl set-ntp true`; where Docker runs in a virtual machine, restart that. ' +
  'Then run the command again.';

export const isWorthAWord = ({ skewMs }: ClockSkew): boolean => Math.abs(skewMs) >= WORTH_A_WORD_MS;

/** The difference in one clause. */
export const skewText = ({ host, skewMs }: ClockSkew): string =>
  `the clock of ${host} is ${Math.round(Math.abs(skewMs) / 1_000)} s ${skewMs > 0 ? 'ahead of' : 'behind'} the clock of this machine`;
