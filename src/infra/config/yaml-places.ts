import { type Document, isAlias, isMap, isScalar, isSeq, type LineCounter, type Node } from 'yaml';

const unescaped = (part: string): string => part.replaceAll('~1', '/').replaceAll('~0', '~');

/** What a part of a pointer leads to, and the node at which a reader finds it: a key in a map, an item of a list. */
const stepInto = (at: unknown, part: string, document: Document): { readonly found: unknown; readonly shown: unknown } | null => {
  const holder = isAlias(at) ? at.resolve(document) : at;
  if (isSeq(holder)) {
    const item = holder.items[Number(part)];
    return item === undefined ? null : { found: item, shown: item };
  }
  if (!isMap(holder)) return null;
  const pair = holder.items.find(({ key }) => isScalar(key) && String(key.value) === part);
  return pair === undefined ? null : { found: pair.value, shown: pair.key };
};

/**
 * The line, from 1, on which a reader finds what a JSON Pointer names; where it is missing, that of the innermost thing around it that is
 * there.
 *
 * @param pointer as RFC 6901 has it; the empty one is the whole document
 */
export const lineOf = (document: Document, lines: LineCounter, pointer: string): number => {
  let at: unknown = document.contents;
  let shown: unknown = at;
  for (const part of pointer.split('/').slice(1).map(unescaped)) {
    const step = stepInto(at, part, document);
    if (step === null) break;
    at = step.found;
    shown = step.shown;
  }
  return lines.linePos((shown as Node | null)?.range?.[0] ?? 0).line || 1;
};
