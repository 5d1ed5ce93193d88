/** A value of JSON as the lines of an audit have it: whole numbers only, and no member that is absent. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [member: string]: Json };

/**
 * The one text of a value: members sorted by their UTF-16 code units, no white space, strings escaped as `JSON.stringify` does. The
 * lines have no numbers but whole ones up to 2^53, whose text is the same everywhere.
 *
 * @see RFC 8785
 */
export const canonicalJson = (value: Json): string => {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`).join(',')}}`;
};
