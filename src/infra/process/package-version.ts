import { readFileSync } from 'node:fs';

/** The version of this package; its file lies three folders up in src and in dist alike. */
export const packageVersion = (): string => {
  const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as { readonly version: string };
  return version;
};
