import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { stringify } from 'yaml';
import { writeFileAtomic } from '#infra/files/atomic-file.ts';
import type { Labels } from '../project/labels.ts';
import { isDatabase, isPart } from '../project/project.ts';
import type { ComposeNames } from './names.ts';

/** Labels of everything that Compose makes, by its name in the files. */
export interface OverrideLabels {
  readonly services: Readonly<Record<string, Labels>>;
  network(name: string): Labels;
  volume(name: string): Labels;
}

/**
 * The Compose file of ours that lays labels, a slower look at what starts, and further published ports over what is delivered.
 *
 * @param ports by service, for example `[::1]:8081:8081`
 */
export const overrideText = (
  { services, network, volume }: OverrideLabels,
  names: ComposeNames,
  ports: Readonly<Record<string, readonly string[]>> = {},
): string => {
  const tree = {
    services: Object.fromEntries(
      Object.entries(services).map(([name, labels]) => [
        name,
        { labels: literal(labels), ...healthcheckOf(name), ...portsOf(ports[name] ?? []) },
      ]),
    ),
    networks: labelled(names.networks, network),
    volumes: labelled(names.volumes, volume),
  };
  return `# Made by passthru at every start; changes are lost.\n${stringify(tree)}`;
};

/**
 * A user of Compose alone waits for these checks, so its files ask every second or two. We ask `/readyz` from outside, and
 * each check is one more process beside what is starting. A database can be asked by its check only.
 */
const healthcheckOf = (name: string) =>
  isPart(name) ? { healthcheck: { start_period: '60s', start_interval: isDatabase(name) ? '3s' : '5s' } } : {};

/** Compose adds them to those that are delivered. */
const portsOf = (ports: readonly string[]) => (ports.length === 0 ? {} : { ports: [...ports] });

const labelled = (names: readonly string[], labelsOf: (name: string) => Labels) =>
  Object.fromEntries(names.map((name) => [name, { labels: literal(labelsOf(name)) }]));

/** Compose would take a dollar sign for the beginning of a variable. */
const literal = (labels: Labels): Labels =>
  Object.fromEntries(Object.entries(labels).map(([name, value]) => [name, value.replaceAll('$', '$$$$')]));

/** Writes it in one go. */
export const writeOverride = async (file: string, text: string): Promise<void> => {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await writeFileAtomic(file, text, { durable: false });
};
