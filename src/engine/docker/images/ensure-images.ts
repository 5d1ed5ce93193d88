import { stringify } from 'yaml';
import { fail, ok, type Result } from '#infra/apperr/result.ts';
import { DATABASES, type DatabaseName, SERVICES, type ServiceName } from '../../engine.ts';
import { runCompose } from '../compose/command.ts';
import { composeFiles, composeVariables } from '../compose/files.ts';
import type { DockerApi } from '../api/docker-api.ts';
import type { DockerConnection } from '../connection/docker-connection.ts';
import { dockerFailure } from '../connection/failures.ts';
import { IMAGE_LABEL } from '../project/labels.ts';
import { databaseOf, isDatabase, type Project } from '../project/project.ts';
import { buildProgress, failedImage, lastWords, pullProgress } from './progress.ts';

/** Image of the databases in production; that of the others is built from it, with their databases made. */
const POSTGRES_IMAGE = 'postgres:17-trixie';

/** A service of Compose whose image is built. */
type Built = ServiceName | DatabaseName;

/** An image of ours; the databases share one. */
const imageOf = (name: Built, tag: string): string => `passthru-${isDatabase(name) ? 'postgres' : name}:${tag}`;

const hasDatabase = (service: ServiceName) => service !== 'telemetry';

/** The services of Compose whose images these services need and that are built. One database stands for both. */
const builtFor = (services: readonly ServiceName[], { profile }: Pick<Project, 'profile'>): readonly Built[] => {
  const [server] = services.filter(hasDatabase);
  return profile === 'prod' || server === undefined ? services : [...services, databaseOf(server)];
};

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

/** The failures of images by the service that they belong to; every other image is there. */
export type ImageFailures = ReadonlyMap<ServiceName, Result<never>>;

/**
 * Every image that these services need is on the engine afterwards: ours are built when there is none of this tag; in production
 * PostgreSQL's is pulled when it is missing. Nothing is done, and nobody asks a registry, when all are there.
 *
 * @returns whether something was built or pulled; a Failure with the last lines of what went wrong, and what to do
 */
export const ensureImages = async (options: ImagesOptions): Promise<Result<'were-there' | 'made'>> => {
  const { made, failures } = await ensureEach(options);
  return [...failures.values()][0] ?? ok(made ? 'made' : 'were-there');
};

/** As `ensureImages`; an image that cannot be built keeps no other from being built. */
export const ensureEach = async (options: ImagesOptions): Promise<{ readonly made: boolean; readonly failures: ImageFailures }> => {
  const { api, tag, services, project } = options;
  const [missing, isWithoutPostgres] = await Promise.all([
    missingOf(api, builtFor(services, project), tag),
    lacksPostgres(api, services, project),
  ]);
  if (isWithoutPostgres) {
    const database = services.includes('identity') ? 'identity-postgres' : 'kms-postgres';
    const { result: pulled } = await compose(options, ['--progress', 'json', 'pull', database], pullProgress(options.progress), 'pull');
    if (!pulled.ok) return { made: false, failures: new Map(services.map((service) => [service, pulled])) };
  }
  const failed = await buildAll(missing, options);
  if (missing.length > 0 && failed.size === 0) await removeOldImages(api, tag);
  const database = DATABASES.map((name) => failed.get(name)).find((each) => each !== undefined);
  const failures = services.flatMap((service) => {
    const failure = failed.get(service) ?? (hasDatabase(service) ? database : undefined);
    return failure === undefined ? [] : [[service, failure] as const];
  });
  return { made: missing.length > 0 || isWithoutPostgres, failures: new Map(failures) };
};

/** Names of the images that these services need and the engine does not have: ours, and PostgreSQL's. Nothing is done about it. */
export const missingImages = async (options: Pick<ImagesOptions, 'api' | 'services' | 'tag' | 'project'>): Promise<readonly string[]> => {
  const { api, services, tag, project } = options;
  const [missing, isWithoutPostgres] = await Promise.all([
    missingOf(api, builtFor(services, project), tag),
    lacksPostgres(api, services, project),
  ]);
  return [...missing.map((name) => imageOf(name, tag)), ...(isWithoutPostgres ? [POSTGRES_IMAGE] : [])];
};

const lacksPostgres = async (api: DockerApi, services: readonly ServiceName[], { profile }: Project): Promise<boolean> =>
  profile === 'prod' && services.some(hasDatabase) && (await api.image(POSTGRES_IMAGE)) === null;

/** One call builds all; a build that fails takes the others down with it, so these are built again without it. */
const buildAll = async (missing: readonly Built[], options: ImagesOptions): Promise<ReadonlyMap<Built, Result<never>>> => {
  const { api, tag, signal } = options;
  const failures = new Map<Built, Result<never>>();
  let left = missing;
  while (left.length > 0) {
    const { result: built, image } = await compose(
      options,
      ['--progress', 'plain', 'build', ...left],
      buildProgress(options.progress),
      'build',
    );
    const still = await missingOf(api, left, tag);
    const failed = built.ok ? notBuilt(still) : built;
    // What ails the engine or the network ails every build.
    const isOfOne = !built.ok && built.error.code === 'image-build-failed' && !signal.aborted;
    const own = isOfOne ? still.filter((service) => service === image) : [];
    const gone = own.length > 0 ? own : still;
    for (const service of gone) failures.set(service, failed);
    left = still.filter((service) => !gone.includes(service));
  }
  return failures;
};

const notBuilt = (services: readonly Built[]) =>
  fail('image-not-built', `the build succeeded, but ${services.join(', ')} has no image`, { fix: LOOK });

const LOOK = 'Build by hand to see more: docker build -f deployments/<product>/Dockerfile .';

const missingOf = async (api: DockerApi, names: readonly Built[], tag: string): Promise<readonly Built[]> => {
  const found = await Promise.all(names.map((name) => api.image(imageOf(name, tag))));
  return names.filter((_, i) => found[i] === null);
};

const compose = async (
  options: ImagesOptions,
  args: readonly string[],
  said: (line: string) => void,
  what: 'pull' | 'build',
): Promise<{ readonly result: Result<null>; readonly image: Built | null }> => {
  const { connection, project, tag, signal } = options;
  const outcome = await runCompose({
    connection,
    project: project.name,
    files: composeFiles(project),
    input: imageLabels(project),
    variables: composeVariables(project, tag),
    args,
    said,
    signal,
  });
  if (outcome.ok) return { result: ok(null), image: null };
  const image = [...SERVICES, ...DATABASES].find((name) => name === failedImage(outcome.lines)) ?? null;
  const result = dockerFailure({
    code: `image-${what}-failed`,
    what:
      what === 'pull'
        ? `${POSTGRES_IMAGE} could not be pulled`
        : `${image === null ? 'the images' : `the image of ${image}`} could not be built`,
    text: lastWords(outcome.lines),
    peer: 'registry',
    fix: what === 'pull' ? `Try \`docker pull ${POSTGRES_IMAGE}\`.` : LOOK,
  });
  return { result, image };
};

/** Labels by which our images are found again when they are old. */
const imageLabels = ({ profile }: Project): string => {
  const built: readonly Built[] = profile === 'prod' ? SERVICES : [...SERVICES, ...DATABASES];
  const label = (name: Built) => ({ [IMAGE_LABEL]: isDatabase(name) ? 'postgres' : name });
  return stringify({ services: Object.fromEntries(built.map((name) => [name, { build: { labels: label(name) } }])) });
};

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
