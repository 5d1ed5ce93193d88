import type { RemovedImages } from '../../stack-engine.ts';
import type { DockerApi } from '../api/docker-api.ts';
import { lastLineOf } from '../connection/failures.ts';
import { IMAGE_LABEL } from '../project/labels.ts';

/**
 * Removes the images that this program built, of whichever version. The engine keeps those that a container uses; PostgreSQL's was
 * pulled, and may be somebody else's, too.
 *
 * @throws what the API throws when it lists them
 */
export const removeImages = async (api: DockerApi): Promise<RemovedImages> => {
  const ours = await api.images([IMAGE_LABEL]);
  const names = ours.flatMap(({ id, tags }) => (tags.length === 0 ? [id] : tags)).toSorted();
  const outcomes = await Promise.allSettled(names.map((name) => api.removeImage(name)));
  const removed = names.filter((_, at) => outcomes[at]?.status === 'fulfilled');
  const kept = names.flatMap((name, at) => {
    const outcome = outcomes[at];
    return outcome?.status === 'rejected' ? [{ what: `image ${name}`, why: lastLineOf(outcome.reason) }] : [];
  });
  return { removed: removed.map((name) => `image ${name}`), kept };
};
