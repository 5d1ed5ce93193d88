import { shellWord } from '#infra/apperr/shell-word.ts';
import { jsonObject } from '#infra/json/json-object.ts';
import { ok, type Result } from '#infra/apperr/result.ts';
import { runCompose } from '../compose/command.ts';
import { composeFiles, composeVariables } from '../compose/files.ts';
import { composeNames } from '../compose/names.ts';
import { publishedPorts } from '../compose/published-ports.ts';
import { overrideText, writeOverride } from '../compose/override.ts';
import type { DockerApi } from '../api/docker-api.ts';
import type { DockerConnection } from '../connection/docker-connection.ts';
import { dockerFailure } from '../connection/failures.ts';
import type { Labels } from '../project/labels.ts';
import type { Project } from '../project/project.ts';
import { labelsFor } from './wanted-labels.ts';

export interface CreateOptions {
  readonly connection: DockerConnection;
  readonly api: DockerApi;
  readonly project: Project;
  readonly tag: string;
  readonly own: Labels;
  readonly hashes: Readonly<Record<string, string>>;
  /** Names of Compose services. */
  readonly services: readonly string[];
  readonly progress: (text: string) => void;
  readonly signal: AbortSignal;
}

/**
 * Makes the containers of these services, with what they need of networks and volumes, and starts none. A container whose
 * configuration, image and labels are unchanged stays as it is, running or not; another is ended and made anew.
 */
export const createContainers = async (options: CreateOptions): Promise<Result<null>> => {
  const { connection, api, project, tag, own, hashes, services, progress, signal } = options;
  const [labels, names, ports] = await Promise.all([
    labelsFor({ api, project, own, hashes }),
    composeNames(project.packageRoot),
    // They were warned of when the files were prepared.
    publishedPorts(project, () => undefined),
  ]);
  await writeOverride(project.override, overrideText(labels, names, ports));
  const files = [...composeFiles(project), project.override];
  const outcome = await runCompose({
    connection,
    project: project.name,
    files,
    variables: composeVariables(project, tag),
    args: ['--progress', 'json', 'create', '--no-build', '--pull', 'never', ...services],
    said: createProgress(project.name, progress),
    signal,
  });
  if (outcome.ok) return ok(null);
  return dockerFailure({
    code: 'containers-not-made',
    what: 'the containers could not be made',
    text: errorIn(outcome.lines),
    fix: `See what Compose makes of the files: \`docker compose ${files.map((file) => `-f ${shellWord(file)}`).join(' ')} config\``,
  });
};

/** Tells what Compose makes out of its JSON progress: `{"id":"Container passthru-1234-kms-1","status":"Creating"}`. */
const createProgress = (project: string, tell: (text: string) => void) => (line: string) => {
  const { id = '', status = '' } = parse(line);
  if (/^(Creating|Recreate|Stopping)$/.test(status))
    tell(`${id.toLowerCase().replace(`${project}-`, '').replace(`${project}_`, '')}: ${status.toLowerCase()}`);
};

/** The reason that Compose gives: its last error, else its last words. */
const errorIn = (lines: readonly string[]): string =>
  lines.map((line) => parse(line)).findLast(({ error }) => error === true)?.message ?? lines.slice(-3).join(' | ');

interface Said {
  readonly id?: string;
  readonly status?: string;
  readonly error?: boolean;
  readonly message?: string;
}

/** A line of Compose; a warning is plain text and says nothing here. */
const parse = (line: string): Said => jsonObject(line) ?? {};
