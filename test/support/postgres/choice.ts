const CHOICES = ['sqlite', 'postgres', 'both'] as const;
type DatabaseChoice = (typeof CHOICES)[number];

/**
 * What `PASSTHRU_TEST_DATABASE` asks the contract tests to run on; undefined: both where there is a PostgreSQL. What is named
 * must be there.
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
