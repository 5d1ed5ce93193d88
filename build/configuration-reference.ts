import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { identityConfigSchema } from '../src/identity/config.ts';
import { realmsConfigSchema } from '../src/kms/access/realms/realms-config.ts';
import { kmsConfigSchema } from '../src/kms/config.ts';
import { type ConfigurationRow, configurationRows, type Schema } from './configuration-rows.ts';

const INTRODUCTION = `# Configuration

Written by \`npm run generate\` from the schemas of the servers; edit those. The settings of the command line stand in [the reference of the command line](cli.md#settings), the variables of the Compose files in [deployments](deployments.md#variables).

A server reads one or more YAML files (\`passthru serve kms --config kms.yml stack.yml\`) and lays each over the one before: maps are merged, everything else is replaced. A map of another \`kind\` replaces the one before. An unknown key, a key that comes twice and a value of another form are refused, each with its file and place. A relative path is relative to the file that states it. Secrets are files, never values.

A dot in a name leads into a map, and \`[]\` stands for each entry of a list. Where a file of the package sets a value, the last column tells it.
`;

/** The configuration files, with the schema that each is checked against. */
const FILES: readonly { readonly title: string; readonly about: string; readonly file: string; readonly schema: unknown }[] = [
  { title: 'KMS', about: 'Its file is', file: 'kms/config/kms.yml', schema: kmsConfigSchema },
  {
    title: 'Realms of the KMS',
    about: 'The users and client certificates that the KMS knows by itself, in the file that `realms_file` names. An example is',
    file: 'kms/config/realms.yml',
    schema: realmsConfigSchema,
  },
  { title: 'Identity', about: 'Its file is', file: 'identity/config/identity.yml', schema: identityConfigSchema },
];

/** Every setting of the configuration files of both servers, in one Markdown document. */
export const configurationReference = async (): Promise<string> => {
  const sections = FILES.map(async ({ title, about, file, schema }) => {
    const shipped: unknown = parse(await readFile(new URL(`../deployments/${file}`, import.meta.url), 'utf8'));
    const name = file.split('/').at(-1) ?? '';
    const rows = configurationRows(schema as Schema).map((row) => line(cellsOf(row, shipped)));
    const head = [line(['Setting', 'Value', 'Default', 'Meaning', `In \`${name}\``]), line(Array.from({ length: 5 }, () => '---'))];
    return `## ${title}\n\n${about} [\`${name}\`](../deployments/${file}).\n\n${[...head, ...rows].join('\n')}\n`;
  });
  return [INTRODUCTION, ...(await Promise.all(sections))].join('\n');
};

const line = (cells: readonly string[]): string => `| ${cells.map((cell) => cell.replaceAll(/[|<]/g, '\\$&')).join(' | ')} |`;

const code = (value: unknown): string => `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``;

const cellsOf = (row: ConfigurationRow, shipped: unknown): readonly string[] => [
  code(row.path),
  row.value,
  defaultOf(row),
  row.meaning,
  shippedFor(row, shipped),
];

const defaultOf = ({ default: usual, isRequired }: ConfigurationRow): string => {
  if (usual !== undefined) return Array.isArray(usual) && usual.length === 0 ? 'none' : code(usual);
  return isRequired ? 'required' : 'none';
};

/** Longer values than this are looked up in the file. */
const MAX_SHOWN = 60;

/** What the file of the package says; of a list of maps, its first entry. */
const shippedFor = ({ path, value: form }: ConfigurationRow, tree: unknown): string => {
  const value = path
    .replaceAll('[]', '.0')
    .split('.')
    .reduce<unknown>((at, key) => (typeof at === 'object' && at !== null ? (at as Record<string, unknown>)[key] : undefined), tree);
  const isOfMaps = Array.isArray(value) && typeof value[0] === 'object';
  if (value === undefined || isOfMaps) return '';
  const shown = code(value);
  // Another form of the same map.
  if (path.endsWith('.kind') && shown !== form) return '';
  return shown.length > MAX_SHOWN ? 'see there' : shown;
};
