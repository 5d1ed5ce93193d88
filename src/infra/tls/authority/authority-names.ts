/**
 * Names of a chain's CAs from the root down: `root`, then `policy`, `policy-2`, …, then `issuing`.
 *
 * @throws TypeError for a length that is not a whole number from 1 to 9
 */
export const authorityNames = (length: number): readonly string[] => {
  if (!Number.isInteger(length) || length < 1 || length > 9) throw new TypeError(`a chain has 1 to 9 CAs, not ${length}`);
  const policies = Array.from({ length: Math.max(0, length - 2) }, (_, i) => (i === 0 ? 'policy' : `policy-${i + 1}`));
  return ['root', ...policies, ...(length > 1 ? ['issuing'] : [])];
};
