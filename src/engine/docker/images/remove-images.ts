import type { RemovedImages } from '../../stack-engine.ts';
import type { DockerApi } from '../api/docker-api.ts';
import { lastLineOf } from '../connection/failures.ts';
import { IMAGE_LABEL } from '../project/labels.ts';

/**
 * Removes the images that were built from this code, and old ones that lost their tag. The engine keeps those that a container uses.
 * Other code made the rest, for stacks that are not this one; PostgreSQL's was pulled, and may be somebody else's, too.
 *
 * @throws what the API throws when it lists them
 */
export const removeImages = async (api: DockerApi, tag: string): Promise<RemovedImages> => {
  const ours = await api.images([IMAGE_LABEL]);
  const all = ours.flatMap(({ id, tags }) => (tags.length === 0 ? [id] : tags)).toSorted();
  const isOther = (name: string): boolean => !name.startsWith('sha256:') && !name.endsWith(`:${tag}`);
  const names = all.filter((name) => !isOther(name));
  const outcomes = await Promise.allSettled(names.map((name) => api.removeImage(name)));
  const removed = names.filter((_, at) => outcomes[at]?.status === 'fulfilled');
  const others = all.filter(isOther).map((name) => ({ what: `image ${name}`, why: 'it was built from other code than this' }));
  const used = names.flatMap((name, at) => {
    const outcome = outcomes[at];
    return outcome?.status === 'rejected' ? [{ what: `image ${name}`, why: lastLineOf(outcome.reason) }] : [];
  });
  return { removed: removed.map((name) => `image ${name}`), kept: [...used, ...others] };
};
