const SQLITE_BUSY = 5;

/** Whether an error of SQLite says that another connection holds what a statement needs. */
export const isBusy = (error: unknown): boolean =>
  error instanceof Error && 'errcode' in error && typeof error.errcode === 'number' && (error.errcode & 0xff) === SQLITE_BUSY;
