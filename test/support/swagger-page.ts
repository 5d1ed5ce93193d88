import type { Locator, Page } from 'playwright-core';

const summaryOf = async (block: Locator): Promise<string> => {
  const [method, path] = [block.locator('.opblock-summary-method'), block.locator('.opblock-summary-path')];
  // The path has zero-width spaces, at which it may be broken.
  return `${await method.innerText()} ${(await path.innerText()).replaceAll('\u200B', '')}`;
};

/** Presses Execute of an open operation. @returns the status of the answer */
export const execute = async (block: Locator): Promise<string> => {
  await block.locator('button.execute').click();
  const status = block.locator('.live-responses-table .response-col_status').nth(1);
  await status.waitFor();
  return (await status.innerText()).trim().slice(0, 3);
};

/** The operations of the page, or those of these ids. */
const blocksOf = async (page: Page, operationIds?: readonly string[]): Promise<readonly Locator[]> =>
  operationIds === undefined ? page.locator('.opblock').all() : operationIds.map((id) => page.locator(`[id$=-${id}]`));

/** Opens operations of the page, presses Execute as each is filled in, and says what it was answered. */
export const executeAll = async (page: Page, operationIds?: readonly string[]): Promise<readonly string[]> => {
  const answers: string[] = [];
  for (const block of await blocksOf(page, operationIds)) {
    const control = block.locator('.opblock-summary-control');
    if ((await block.getAttribute('class'))?.includes('is-open') !== true) await control.click();
    answers.push(`${await execute(block)} ${await summaryOf(block)}`);
    // The page draws every open operation anew at each answer.
    await control.click();
  }
  return answers;
};
