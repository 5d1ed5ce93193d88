import { AppError } from '#infra/apperr/app-error.ts';

/** Words of its users about an elastic key, by name: `env`, `prod`. Scopes by label reach the key by them. */
export type Labels = Readonly<Record<string, string>>;

/** A change of labels: null takes one away, and null for all of them takes all. @see RFC 7396 */
export type LabelChanges = Readonly<Record<string, string | null>> | null;

/** A label that keys in a list have; with any value where that is undefined. */
export interface AskedLabel {
  readonly name: string;
  readonly value: string | undefined;
}

export const MAX_LABELS = 32;

/**
 * Labels after a change, in the order of their names.
 *
 * @param of what has them, for the error
 * @throws AppError `labels-too-many` 400
 */
export const labelsAfter = (before: Labels, changes: LabelChanges, of = 'an elastic key'): Labels => {
  const merged = Object.entries(changes === null ? {} : { ...before, ...changes });
  const kept = merged.filter((entry): entry is [string, string] => entry[1] !== null);
  if (kept.length > MAX_LABELS) {
    const message = `would be ${kept.length}, and ${of} has at most ${MAX_LABELS}`;
    throw new AppError('labels-too-many', 400, `Its labels ${message}.`, {
      fields: [{ field: '/labels', message, fix: 'Take some away: the value null does.' }],
    });
  }
  return Object.fromEntries(kept.toSorted(([a], [b]) => (a < b ? -1 : 1)));
};

/** A label as a query asks for it: `name:value`, or `name` alone; the first colon parts them. */
export const askedLabelOf = (text: string): AskedLabel => {
  const colon = text.indexOf(':');
  return colon === -1 ? { name: text, value: undefined } : { name: text.slice(0, colon), value: text.slice(colon + 1) };
};

export const hasLabel = (labels: Labels, { name, value }: AskedLabel): boolean =>
  Object.hasOwn(labels, name) && (value === undefined || labels[name] === value);
