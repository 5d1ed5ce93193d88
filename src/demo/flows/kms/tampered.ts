/** The same compact JOSE with another character in its last part (signature or tag). */
export const tampered = (compact: string): string => {
  const at = compact.lastIndexOf('.') + 5;
  return `${compact.slice(0, at)}${compact[at] === 'A' ? 'B' : 'A'}${compact.slice(at + 1)}`;
};
