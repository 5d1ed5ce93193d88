const [MiB, GiB] = [1024 ** 2, 1024 ** 3];

/** Bytes for people, rounded down: `600 MiB`, `1.5 GiB`, `68 GiB`. */
export const sizeInWords = (bytes: number): string => {
  if (bytes < GiB) return `${Math.floor(bytes / MiB)} MiB`;
  const tenths = Math.floor((bytes / GiB) * 10) / 10;
  return `${tenths < 10 ? tenths : Math.floor(tenths)} GiB`;
};
