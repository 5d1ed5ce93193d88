import type { ComposeStart } from '#stack/compose-starts.ts';
import { shellWord } from '#infra/apperr/shell-word.ts';
import { shortPath } from './words.ts';

/** A command line for a shell, and what it does. */
export interface ShellCommand {
  readonly title: string;
  readonly command: string;
}

const TITLES: Readonly<Record<ComposeStart['product'], string>> = {
  kms: 'KMS and Identity on containers, without this CLI',
  identity: 'Identity alone',
};

/** How to go on with plain Compose; the files are named as a reader in `cwd` would type them. */
export const composeCommands = (starts: readonly ComposeStart[], cwd: string): readonly ShellCommand[] =>
  starts.map(({ product, variables, files }) => ({
    title: TITLES[product],
    command: [
      ...Object.entries(variables).map(([name, value]) => `${name}=${value}`),
      'docker compose',
      ...files.map((file) => `-f ${shellWord(shortPath(file, cwd))}`),
      'up -d --wait',
    ].join(' '),
  }));

/** How plain Compose starts production: on all addresses of the machine, because that is what it is for. */
export const prodCommand = (
  { variables, composeFiles }: { readonly variables: Readonly<Record<string, string>>; readonly composeFiles: readonly string[] },
  cwd: string,
): string =>
  [
    ...Object.entries({ ...variables, PASSTHRU_ADDRESS: '0.0.0.0' }).map(([name, value]) => `${name}=${shellWord(value)}`),
    'docker compose -p passthru',
    ...composeFiles.map((file) => `-f ${shellWord(shortPath(file, cwd))}`),
    'up -d --wait',
  ].join(' ');
