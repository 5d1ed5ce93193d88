import { dirname } from 'node:path';
import type { Import } from './support/imports.ts';

/** A file that stands directly in its room is a place of its own; any other stands for its folder. */
const placeOf = (path: string): string => (path.split('/').length === 3 ? path : dirname(path));

/**
 * Groups of folders of a room in which each can be reached from each other along imports, types included: none of them can be
 * understood, tested or taken out alone.
 *
 * @returns each group sorted, the groups sorted by their first folder; none where the imports have an order
 * @see Tarjan, Depth-first search and linear graph algorithms, 1972
 */
export const foldersInKnots = (imports: readonly Import[], room: string): readonly (readonly string[])[] => {
  const edges = new Map<string, Set<string>>();
  for (const { file, target } of imports) {
    if (target === null || !file.startsWith(`src/${room}/`) || !target.startsWith(`src/${room}/`)) continue;
    const [from, to] = [placeOf(file), placeOf(target)];
    if (from !== to) edges.set(from, (edges.get(from) ?? new Set()).add(to));
  }
  const order = new Map<string, number>();
  const lowest = new Map<string, number>();
  const path: string[] = [];
  const knots: string[][] = [];
  const visit = (place: string): void => {
    const index = order.size;
    order.set(place, index);
    lowest.set(place, index);
    path.push(place);
    for (const next of edges.get(place) ?? []) {
      if (!order.has(next)) visit(next);
      if (path.includes(next)) lowest.set(place, Math.min(lowest.get(place) ?? index, lowest.get(next) ?? index));
    }
    if (lowest.get(place) !== index) return;
    const group = path.splice(path.indexOf(place));
    if (group.length > 1) knots.push(group.toSorted());
  };
  for (const place of edges.keys()) if (!order.has(place)) visit(place);
  return knots.toSorted((a, b) => ((a[0] ?? '') < (b[0] ?? '') ? -1 : 1));
};
