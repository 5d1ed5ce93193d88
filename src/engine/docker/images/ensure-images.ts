import { stringify } from 'yaml';
import { fail, ok, type Result } from '#infra/apperr/result.ts';
import { SERVICES, type ServiceName } from '../../engine.ts';
import { runCompose } from '../compose/command.ts';
import { composeFiles, composeVariables } from '../compose/files.ts';
import type { DockerApi } from '../api/docker-api.ts';
import type { DockerConnection } from '../connection/docker-connection.ts';
import { dockerFailure } from '../connection/failures.ts';
import { IMAGE_LABEL } from '../project/labels.ts';
import type { Project } from '../project/project.ts';
import { buildProgress, lastWords, pullProgress } from './progress.ts';

/** Image of the databases, as their Compose files name it. */
const POSTGRES_IMAGE = 'postgres:17-trixie';

/** Images of one product by service: ours by tag, and its database's. */
export const imageOf = (service: ServiceName, tag: string): string => `passthru-${service}:${tag}`;

export interface ImagesOptions {
  readonly connection: DockerConnection;
  readonly api: DockerApi;
  readonly project: Project;
  readonly tag: string;
  readonly services: readonly ServiceName[];
  /** Called with what is being done, one clause. */
  readonly progress: (text: string) => void;
  readonly signal: AbortSignal;
}

/**
 * Every image that these services need is on the engine afterwards: ours are built when there is none of this tag, PostgreSQL's
 * is pulled when it is missing. Nothing is done, and nobody asks a registry, when all are there.
 *
 * @returns whether something was built or pulled; a Failure with the last lines of what went wrong, and what to do
 */
export const ensureImages = async (options: ImagesOptions): Promise<Result<'were-there' | 'made'>> => {
  const { api, tag, services } = options;
  const wantsDatabase = services.some((service) => service !== 'telemetry');
  const [missing, postgres] = await Promise.all([
    missingOf(api, services, tag),
    wantsDatabase ? api.image(POSTGRES_IMAGE) : Promise.resolve('not needed'),
  ]);
  if (postgres === null) {
    const database = services.includes('identity') ? 'identity-postgres' : 'kms-postgres';
    const pulled = await compose(options, ['--progress', 'json', 'pull', database], pullProgress(options.progress), 'pull');
    if (!pulled.ok) return pulled;
  }
  if (missing.length > 0) {
    const built = await compose(options, ['--progress', 'plain', 'build', ...missing], buildProgress(options.progress), 'build');
    if (!built.ok) return built;
    const still = await missingOf(api, missing, tag);
    if (still.length > 0) return fail('image-not-built', `the build ended well, and ${still.join(', ')} has no image`, { fix: LOOK });
    await removeOldImages(api, tag);
  }
  return ok(missing.length > 0 || postgres === null ? 'made' : 'were-there');
};

const LOOK = 'Build by hand to see more: docker build -f deployments/<product>/Dockerfile .';

const missingOf = async (api: DockerApi, services: readonly ServiceName[], tag: string): Promise<readonly ServiceName[]> => {
  const found = await Promise.all(services.map((service) => api.image(imageOf(service, tag))));
  return services.filter((_, i) => found[i] === null);
};

const compose = async (options: ImagesOptions, args: readonly string[], said: (line: string) => void, what: 'pull' | 'build') => {
  const { connection, project, tag, signal } = options;
  const outcome = await runCompose({
    connection,
    project: project.name,
    files: composeFiles(project),
    input: IMAGE_LABELS,
    variables: composeVariables(project, tag),
    args,
    said,
    signal,
  });
  if (outcome.ok) return ok(null);
  return dockerFailure({
    code: `image-${what}-failed`,
    what: what === 'pull' ? `${POSTGRES_IMAGE} could not be pulled` : 'the images could not be built',
    text: lastWords(outcome.lines),
    peer: 'registry',
    fix: what === 'pull' ? `Try \`docker pull ${POSTGRES_IMAGE}\`.` : LOOK,
  });
};

/** Labels by which our images are found again when they are old. */
const IMAGE_LABELS = stringify({
  services: Object.fromEntries(SERVICES.map((service) => [service, { build: { labels: { [IMAGE_LABEL]: service } } }])),
});

/** A tag that is used no more may still be wanted by somebody who is about to make containers; milliseconds. */
const OLD_MS = 60 * 60 * 1000;

/** Removes our images that lost their tag, and those of other tags that are old; what a container uses refuses to go, and stays. */
const removeOldImages = async (api: DockerApi, tag: string, now = Date.now()): Promise<void> => {
  const ours = await api.images([IMAGE_LABEL]);
  const others = ours
    .flatMap(({ tags }) => tags)
    .filter((each) => /^passthru-[a-z]+:[0-9a-f]{16}$/.test(each) && !each.endsWith(`:${tag}`));
  const untagged = ours.filter(({ tags }) => tags.length === 0);
  await Promise.allSettled([
    ...untagged.map(({ id }) => api.removeImage(id)),
    ...others.map(async (each) => {
      const taggedAt = (await api.image(each))?.taggedAt ?? null;
      if (taggedAt !== null && now - taggedAt > OLD_MS) await api.removeImage(each);
    }),
  ]);
};
