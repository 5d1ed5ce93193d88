/** The index of the quote that ends the string which begins at `open`, in a text that is JSON. */
const endOfString = (json: string, open: number): number => {
  for (let end = json.indexOf('"', open + 1); ; end = json.indexOf('"', end + 1)) {
    let backslashes = 0;
    while (json[end - 1 - backslashes] === '\\') backslashes += 1;
    if (backslashes % 2 === 0) return end;
  }
};

const SPACE = new Set([' ', '\t', '\n', '\r']);

const afterSpace = (json: string, from: number): number => {
  let at = from;
  while (SPACE.has(json[at] ?? '')) at += 1;
  return at;
};

/** The members that a text has: its strings that a colon follows. */
const membersWritten = (json: string): number => {
  let members = 0;
  for (let open = json.indexOf('"'); open !== -1;) {
    const end = endOfString(json, open);
    if (json[afterSpace(json, end + 1)] === ':') members += 1;
    open = json.indexOf('"', end + 1);
  }
  return members;
};

/** The members that a value has, at all depths together. */
const membersRead = (value: unknown): number => {
  let members = 0;
  const open = [value];
  while (open.length > 0) {
    const at = open.pop();
    if (typeof at !== 'object' || at === null) continue;
    const values = Object.values(at);
    if (!Array.isArray(at)) members += values.length;
    for (const next of values) open.push(next);
  }
  return members;
};

/** Characters of a pointer that are told: one into a deep text is as long as that text. */
const MAX_POINTER = 256;

const pointerOf = (parts: readonly string[]): string => {
  const pointer = parts.map((part) => `/${part.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
  return pointer.length <= MAX_POINTER ? pointer : `${pointer.slice(0, MAX_POINTER - 1).toWellFormed()}…`;
};

/** The first member whose name its object has already, as a JSON Pointer. */
const firstRepeated = (json: string): string => {
  /** For each object or array that is open: its names (none for an array), and the member or element that is under way. */
  const open: { readonly names: Set<string> | null; at: string }[] = [];
  for (const [token] of json.matchAll(/"[^"\\]*(?:\\.[^"\\]*)*"\s*:|"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],]/gs)) {
    const inside = open.at(-1);
    if (token === '{') open.push({ names: new Set(), at: '' });
    else if (token === '[') open.push({ names: null, at: '0' });
    else if (token === '}' || token === ']') open.pop();
    else if (token === ',') {
      if (inside?.names === null) inside.at = String(Number(inside.at) + 1);
    } else if (token.endsWith(':') && inside !== undefined) {
      inside.at = JSON.parse(token.slice(0, -1)) as string;
      if (inside.names?.has(inside.at) === true) return pointerOf(open.map(({ at }) => at));
      inside.names?.add(inside.at);
    }
  }
  return '';
};

/**
 * A member that an object of a JSON text has twice, as a JSON Pointer; null where there is none.
 *
 * `JSON.parse` keeps the last of two members of one name, other readers the first: two parties would read two things. Each member of
 * a text becomes one of the value, unless its name comes twice, so that comparing the two numbers finds it without a second parser.
 *
 * @param json a text that `JSON.parse` took
 * @param value what it made of it
 * @see RFC 8259 section 4, RFC 7493 section 2.3
 */
export const repeatedMember = (json: string, value: unknown): string | null =>
  membersWritten(json) === membersRead(value) ? null : firstRepeated(json);

/** An escape of a surrogate; without one a text that was UTF-8 holds none. */
const SURROGATE_ESCAPE = /\\u[dD][89a-fA-F]/;

/**
 * A member whose name or text holds a lone surrogate, as a JSON Pointer; null where there is none. Such a text has no encoding in
 * UTF-8: databases and digests would hold another one.
 *
 * @see RFC 8259 section 8.2, RFC 7493 section 2.1
 */
export const loneSurrogate = (json: string, value: unknown): string | null => {
  if (!SURROGATE_ESCAPE.test(json)) return null;
  const open: Place[] = [{ parent: null, name: '', value }];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (!at.name.isWellFormed() || (typeof at.value === 'string' && !at.value.isWellFormed())) return pointerOf(namesTo(at));
    if (typeof at.value !== 'object' || at.value === null) continue;
    for (const [name, next] of Object.entries(at.value)) open.push({ parent: at, name, value: next });
  }
  return null;
};

/** A value within another. It knows the one around it, and not its whole path: in a deep text all paths together are too long. */
interface Place {
  readonly parent: Place | null;
  readonly name: string;
  readonly value: unknown;
}

const namesTo = (place: Place): readonly string[] => {
  const names: string[] = [];
  for (let at = place; at.parent !== null; at = at.parent) names.push(at.name.toWellFormed());
  return names.toReversed();
};
