/** Compose's own labels. */
export const COMPOSE = {
  project: 'com.docker.compose.project',
  service: 'com.docker.compose.service',
  number: 'com.docker.compose.container-number',
  network: 'com.docker.compose.network',
  volume: 'com.docker.compose.volume',
} as const;

const PREFIX = 'passthru.';

/** Our labels on every container, network and volume. */
export const OURS = {
  /** The state folder that it belongs to, absolute. */
  stateDir: `${PREFIX}state-dir`,
  /** The machine and user for whom the number of a process means something. */
  host: `${PREFIX}host`,
  /** Its owner: see `owner-label.ts`. */
  owner: `${PREFIX}owner`,
  /** A hash of the generated files that the container reads at its start. */
  configHash: `${PREFIX}config-hash`,
} as const;

/** On our images, with the product as its value; a container has the labels of its image, too. */
export const IMAGE_LABEL = `${PREFIX}image`;

export type Labels = Readonly<Record<string, string>>;

/** Ours among the labels of a container, network or volume. */
export const ourLabels = (labels: Labels): Labels =>
  Object.fromEntries(Object.entries(labels).filter(([name]) => name.startsWith(PREFIX) && name !== IMAGE_LABEL));
