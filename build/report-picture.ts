import { pathToFileURL } from 'node:url';
import { chromiumAt } from '../test/support/chromium.ts';

/** Pixels: as wide as the page gets, as high as its head and the bring-up. */
const SIZE = { width: 1280, height: 690 };

/** The top of the page of a run (`--report`), as a PNG. @param home an empty folder for the browser */
export const reportPicture = async (file: string, home: string): Promise<Buffer> => {
  await using chromium = await chromiumAt(home);
  const page = await chromium.browser.newPage({ viewport: SIZE, colorScheme: 'light' });
  await page.goto(pathToFileURL(file).href);
  return await page.screenshot();
};
