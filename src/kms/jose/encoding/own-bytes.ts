/** Two parts of a secret in memory of their own, and the parts zeroed. `Buffer.concat` would leave a copy in the pool of all Buffers. */
export const ownBytes = (start: Uint8Array, end: Uint8Array): Uint8Array => {
  const whole = new Uint8Array(start.length + end.length);
  whole.set(start);
  whole.set(end, start.length);
  start.fill(0);
  end.fill(0);
  return whole;
};
