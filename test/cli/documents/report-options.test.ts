import { join } from 'node:path';
import { Chalk } from 'chalk';
import { expect, it } from 'vitest';
import { reportOptions } from '#cli/documents/demo-report.ts';
import { summaryLines } from '#cli/reporters/lines/summary.ts';
import { stackVariables } from '#cli/environment/stack-variables.ts';
import type { Engine } from '#engine/engine.ts';
import { PASSED_RUN, recordedReport } from '#test/support/cli-events.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';
import { testTls } from '#test/support/tls.ts';

/** Of an app that everybody may know: the seed of Identity has it. */
const SECRET = 'OBQXG43UNBZHKIDEMVWW6IDTMVRXEZLU';

it('A report, its closing lines and the variables of a stack tell the secret of the account that has a second factor, and of no other', async () => {
  await using folder = await temporaryDirectory();
  const { caFile } = await testTls(join(folder.path, 'tls'));
  const report = recordedReport(PASSED_RUN, caFile);
  const files = { certFile: 'client.pem', keyFile: 'client.key' };
  const endpoints = { ...report.endpoints, caFile, client: files, serviceClient: files };
  const engine = { status: async () => [], endpoints: () => endpoints } as unknown as Engine;

  const { credentials } = await reportOptions(engine);
  const variables = await stackVariables({ engine, stateDir: folder.path, env: {} });
  const lines = summaryLines(
    { ...report, credentials: [...credentials] },
    {
      access: true,
      cwd: folder.path,
      printedCommand: (words) => `passthru ${words}`,
      paint: new Chalk({ level: 0 }),
      width: 100,
    },
  );

  expect(credentials.flatMap(({ username, totp_secret: secret }) => (secret === undefined ? [] : [[username, secret]]))).toEqual([
    ['demo-two-factor', SECRET],
  ]);
  expect(lines.join('\n')).toContain(`demo-two-factor / demo-two-factor-password / app ${SECRET}`);
  expect(variables).toMatchObject({
    PASSTHRU_TWO_FACTOR_USERNAME: 'demo-two-factor',
    PASSTHRU_TWO_FACTOR_PASSWORD: 'demo-two-factor-password',
    PASSTHRU_TWO_FACTOR_TOTP_SECRET: SECRET,
  });
});
