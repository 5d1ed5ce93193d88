const SQLITE_CONSTRAINT_PRIMARYKEY = 1555;
const SQLITE_CONSTRAINT_UNIQUE = 2067;
/** SQLSTATE `unique_violation`. */
const UNIQUE_VIOLATION = '23505';

/**
 * Whether a statement was refused because its row would exist twice, on either database.
 *
 * @see https://www.sqlite.org/rescode.html#constraint_unique
 * @see https://www.postgresql.org/docs/17/errcodes-appendix.html
 */
export const isUniqueViolation = (error: unknown): boolean => {
  if (!(error instanceof Error)) return false;
  if ('errcode' in error) return error.errcode === SQLITE_CONSTRAINT_UNIQUE || error.errcode === SQLITE_CONSTRAINT_PRIMARYKEY;
  return 'code' in error && error.code === UNIQUE_VIOLATION;
};
