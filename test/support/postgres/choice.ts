const CHOICES = ['sqlite', 'postgres', 'both'] as const;
type DatabaseChoice = (typeof CHOICES)[number];

/**
 * The databases of the contract tests as `PASSTHRU_TEST_DATABASE` names them, which must then be there; undefined, where it is not
 * set: both where there is a PostgreSQL.
 *
 * @throws when it says something else
 */
export const chosenDatabase = (): DatabaseChoice | undefined => {
  const text = process.env['PASSTHRU_TEST_DATABASE'];
  if (text === undefined || text === '') return undefined;
  const choice = CHOICES.find((each) => each === text);
  if (choice === undefined) throw new Error(`PASSTHRU_TEST_DATABASE must be ${CHOICES.join(', ')}, not ${JSON.stringify(text)}`);
  return choice;
};
