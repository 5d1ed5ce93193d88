const UNITS = 64;

/** Small Buffers share memory that outlives them: whether these bytes stand there after `work`, a copy of which nobody zeroes. */
export const staysInBufferPool = async (bytes: Uint8Array, work: () => unknown): Promise<boolean> => {
  const pools = new Set<ArrayBufferLike>([Buffer.allocUnsafe(UNITS).buffer]);
  await work();
  pools.add(Buffer.allocUnsafe(UNITS).buffer);
  return [...pools].some((pool) => Buffer.from(pool).includes(bytes));
};
