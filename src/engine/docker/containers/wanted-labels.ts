import type { DockerApi } from '../api/docker-api.ts';
import { COMPOSE, type Labels, OURS, ourLabels } from '../project/labels.ts';
import type { Owner } from '../project/owner-label.ts';
import { SERVICES } from '../../engine.ts';
import { PARTS, type Project } from '../project/project.ts';
import type { OverrideLabels } from '../compose/override.ts';

/**
 * The labels with which Compose is to make a project. A container with the right hash keeps its labels, word for word: a label
 * is part of the configuration, and with another one Compose would make the container, or the network below it, anew.
 */
export const labelsFor = async (options: {
  api: DockerApi;
  project: Project;
  /** Labels of what this process makes. */
  own: Labels;
  /** A hash for each part, of the generated files that it reads at its start. */
  hashes: Readonly<Record<string, string>>;
}): Promise<OverrideLabels> => {
  const { api, project, own, hashes } = options;
  const ofProject = [`${COMPOSE.project}=${project.name}`];
  const [containers, networks, volumes] = await Promise.all([api.containers(ofProject), api.networks(ofProject), api.volumes(ofProject)]);
  const balancers = project.profile === 'prod' ? ['identity-balancer', 'kms-balancer'] : [];
  const services = [...PARTS, ...balancers, ...SERVICES.flatMap((service) => project.madeWith(service))].map((name) => {
    const there = containers.find(({ labels }) => labels[COMPOSE.service] === name)?.labels;
    const hash = hashes[name] ?? '';
    return [name, there?.[OURS.configHash] === hash ? ourLabels(there) : { ...own, [OURS.configHash]: hash }] as const;
  });
  // Only the ci profile is ephemeral: the data of the others outlives the run that made it, however that ended.
  const ofData: Labels = project.profile === 'ci' ? own : { ...own, [OURS.owner]: 'state-folder' satisfies Owner };
  return {
    services: Object.fromEntries(services),
    network: kept(networks, COMPOSE.network, own),
    volume: kept(volumes, COMPOSE.volume, ofData),
  };
};

/** The labels of a network or volume by its name in the files: its own where it is there. */
const kept = (things: readonly { labels: Labels }[], key: string, made: Labels) => (name: string) => {
  const there = things.find(({ labels }) => labels[key] === name);
  return there === undefined ? made : ourLabels(there.labels);
};
