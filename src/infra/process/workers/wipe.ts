/** Zeroes the bytes that stand in a message, so that a key in it is gone when nobody needs it any more. */
export const wipe = (words: unknown): void => {
  if (words instanceof Uint8Array) words.fill(0);
  else if (typeof words === 'object' && words !== null) for (const each of Object.values(words)) wipe(each);
};
