/**
 * Draws the pages of Identity for docs/pages.md, docs/images/page-*.webp: `npm run picture:pages`. Each picture shows a page in light and in
 * dark colours, as wide as a telephone or, of some, as a screen. It runs an Identity with the demo for itself, on free ports.
 *
 * With a folder as argument it draws every page there, in both widths, for somebody to look at.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { visitIdentity, walkPages } from '../test/support/pages-of-identity.ts';

const NARROW = 390;
const WIDE = 1280;
const SHOWN = ['start', 'log-in', 'consent', 'device', 'device-confirm', 'account', 'second-factor', 'error'];
const GAP = 16;

/** The whole page as PNG, in a colour scheme. */
const pictureOf = async (page: Page, colorScheme: 'light' | 'dark', width: number): Promise<Buffer> => {
  await page.emulateMedia({ colorScheme });
  await page.setViewportSize({ width, height: width === WIDE ? 800 : 600 });
  return page.screenshot({ fullPage: true });
};

/** Pictures beside each other, as WebP, which is a quarter of a PNG of them. */
const beside = async (page: Page, pictures: readonly Buffer[]): Promise<Buffer> => {
  const sheet = await page.context().newPage();
  const addresses = pictures.map((picture) => `data:image/png;base64,${picture.toString('base64')}`);
  const drawn = await sheet.evaluate<string>(`(async () => {
    const images = await Promise.all(${JSON.stringify(addresses)}.map(async (address) => createImageBitmap(await (await fetch(address)).blob())));
    const canvas = document.createElement('canvas');
    canvas.width = images.reduce((sum, { width }) => sum + width + ${GAP}, -${GAP});
    canvas.height = Math.max(...images.map(({ height }) => height));
    let x = 0;
    for (const image of images) { canvas.getContext('2d').drawImage(image, x, 0); x += image.width + ${GAP}; }
    return canvas.toDataURL('image/webp', 0.8);
  })()`);
  await sheet.close();
  return Buffer.from(drawn.split(',')[1] ?? '', 'base64');
};

const [folder] = process.argv.slice(2);
await using visitor = await visitIdentity();
const { page } = visitor;
await walkPages(visitor, async (name) => {
  if (folder !== undefined) {
    for (const width of [NARROW, WIDE])
      for (const scheme of ['light', 'dark'] as const)
        await writeFile(join(folder, `${name}-${width}-${scheme}.png`), await pictureOf(page, scheme, width));
  } else if (SHOWN.includes(name)) {
    const pictures = [await pictureOf(page, 'light', NARROW), await pictureOf(page, 'dark', NARROW)];
    await writeFile(new URL(`../docs/images/page-${name}.webp`, import.meta.url), await beside(page, pictures));
  }
});
