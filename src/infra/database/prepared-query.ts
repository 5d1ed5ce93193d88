import type { Compilable, CompiledQuery, Kysely } from 'kysely';

/** Stand in a query for the values that each call gives, in their order. */
const GIVEN: readonly symbol[] = [Symbol('first'), Symbol('second')];

/**
 * A query that is built once, and not for each call: to build one takes longer than SQLite takes to answer it.
 *
 * @param build is given what stands for the values, at most two
 * @returns the rows for the values
 */
export const preparedQuery = <DB, Row, Values extends readonly string[]>(
  db: Pick<Kysely<DB>, 'executeQuery'>,
  build: (...given: Values) => Compilable<Row>,
): ((...values: Values) => Promise<readonly Row[]>) => {
  let compiled: CompiledQuery<Row> | undefined;
  return async (...values) => {
    compiled ??= build(...(GIVEN as unknown as Values)).compile();
    const parameters = compiled.parameters.map((parameter) => {
      const at = GIVEN.indexOf(parameter as symbol);
      return at === -1 ? parameter : values[at];
    });
    return (await db.executeQuery<Row>({ ...compiled, parameters })).rows;
  };
};
