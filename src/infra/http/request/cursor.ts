import { AppError } from '#infra/apperr/app-error.ts';

/** Where a page ended: the value of the sort column and the id that breaks ties. */
export interface Position {
  readonly value: string | number;
  readonly id: string;
}

export const DEFAULT_LIMIT = 50;
export const MAX_LIMIT = 100;

const invalidCursor = (): AppError =>
  new AppError('cursor-invalid', 400, 'The cursor is not one that this list gave out for this order.', {
    fields: [{ field: 'query/cursor', message: 'is not a cursor of this list and order', fix: 'Begin again without a cursor.' }],
  });

/** Opaque to clients; `order` names the list and its order, so that a cursor is of use nowhere else. */
export const encodeCursor = (order: string, { value, id }: Position): string =>
  Buffer.from(JSON.stringify([order, value, id])).toString('base64url');

/** A text that a database can hold and compare. */
const isText = (value: unknown, max: number): value is string =>
  typeof value === 'string' && value.length <= max && value.isWellFormed() && !value.includes('\0');

/** @throws AppError `cursor-invalid` 400 */
export const decodeCursor = (order: string, type: 'string' | 'number', cursor: string | undefined): Position | null => {
  if (cursor === undefined) return null;
  const bytes = Buffer.from(cursor, 'base64url');
  if (bytes.toString('base64url') !== cursor) throw invalidCursor();
  let parts: unknown;
  try {
    parts = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw invalidCursor();
  }
  if (!Array.isArray(parts) || parts.length !== 3) throw invalidCursor();
  const [made, value, id] = parts as unknown[];
  const typed = type === 'number' ? Number.isSafeInteger(value) : isText(value, 256);
  if (made !== order || !typed || !isText(id, 64)) throw invalidCursor();
  return { value: value as string | number, id };
};
