import type { Compilable, CompiledQuery, Kysely } from 'kysely';

/** Stands in a query for the value that each call gives. */
const GIVEN: unique symbol = Symbol('given');

/**
 * A query with one value that is built once, and not for each call: to build one takes longer than SQLite takes to answer it.
 *
 * @param build is given what stands for the value
 * @returns the rows for a value
 */
export const preparedQuery = <DB, Row>(
  db: Pick<Kysely<DB>, 'executeQuery'>,
  build: (given: string) => Compilable<Row>,
): ((value: string) => Promise<readonly Row[]>) => {
  let compiled: CompiledQuery<Row> | undefined;
  return async (value) => {
    compiled ??= build(GIVEN as unknown as string).compile();
    const parameters = compiled.parameters.map((parameter) => (parameter === GIVEN ? value : parameter));
    return (await db.executeQuery<Row>({ ...compiled, parameters })).rows;
  };
};
