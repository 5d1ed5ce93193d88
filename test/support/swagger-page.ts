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

const executeBlocks = async (blocks: readonly Locator[]): Promise<readonly string[]> => {
  const answers: string[] = [];
  for (const block of blocks) {
    const control = block.locator('.opblock-summary-control');
    if ((await block.getAttribute('class'))?.includes('is-open') !== true) await control.click();
    answers.push(`${await execute(block)} ${await summaryOf(block)}`);
    // The page draws every open operation anew at each answer.
    await control.click();
  }
  return answers;
};

/** Opens operations of these ids, presses Execute as each is filled in, and says what it was answered. */
export const executeSome = (page: Page, operationIds: readonly string[]): Promise<readonly string[]> =>
  executeBlocks(operationIds.map((id) => page.locator(`[id$=-${id}]`)));

/** The same with every operation of the page. One tag is open at a time: at each answer the page draws anew all operations that it lists. */
export const executeAll = async (page: Page): Promise<readonly string[]> => {
  const sections = await page.locator('.opblock-tag-section').all();
  const toggle = (section: Locator): Promise<void> => section.locator('.opblock-tag').click();
  for (const section of sections) await toggle(section);
  const answers: string[] = [];
  for (const section of sections) {
    await toggle(section);
    await section.locator('.opblock').first().waitFor();
    answers.push(...(await executeBlocks(await section.locator('.opblock').all())));
    await toggle(section);
  }
  return answers;
};
