const NAME = /^[a-z][a-z0-9_]{0,62}$/;
/** Schemas that belong to PostgreSQL or to its administrator. */
const RESERVED = /^(pg_.*|public|information_schema)$/;

/**
 * Names become file names and SQL identifiers, so they are made by the server and have a narrow form.
 *
 * @throws TypeError
 */
export const checkDatabaseName = (name: string): void => {
  if (!NAME.test(name) || RESERVED.test(name)) throw new TypeError(`${JSON.stringify(name)} is no name for a database`);
};
