import { describe, expect, it } from 'vitest';
import { chromiumAt, missingBrowser } from '#test/support/chromium.ts';
import { cli, demoPlace } from '#test/support/cli.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';

const missing = await missingBrowser();
if (missing !== null) process.stderr.write(`passthru trust is not tested in a browser: ${missing}\n`);

/** The status with which a page is answered in a new Chromium, or the error that it shows. */
const opened = async (home: string, url: string): Promise<number | string> => {
  await using chromium = await chromiumAt(home);
  const page = await chromium.browser.newPage();
  // The page is waited for before the browser is closed.
  return await page.goto(url).then(
    (response) => response?.status() ?? 'no answer',
    (error: Error) => /net::\w+/.exec(error.message)?.[0] ?? error.message,
  );
};

describe.runIf(missing === null)('The pages of a demo in Chromium', () => {
  it('open without a warning after `trust --install`, and with one before it and after `untrust`', async () => {
    await using place = await demoPlace();
    await using home = await temporaryDirectory();
    const demo = await place.run('demo', 'kms');
    expect([demo.code, demo.stderr]).toEqual([0, expect.anything()]);
    const here = { cwd: place.folder, env: { HOME: home.path } };
    const page = `https://localhost:${place.ports.kms}/ui/swagger/`;
    const refused = 'net::ERR_CERT_AUTHORITY_INVALID';

    expect(await opened(home.path, page)).toBe(refused);
    const installed = await cli(['trust', '--install', '--store', 'nss', ...place.flags], here);
    expect([installed.code, installed.stderr]).toEqual([0, '']);
    expect(await opened(home.path, page)).toBe(200);
    expect(await opened(home.path, `https://127.0.0.1:${place.ports.identity}/`)).toBe(200);
    const taken = await cli(['untrust', ...place.flags], here);
    expect([taken.code, taken.stderr]).toEqual([0, '']);
    expect(await opened(home.path, page)).toBe(refused);
  });
});
