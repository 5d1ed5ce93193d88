import type { DockerApi } from './docker-api.ts';
import type { DockerConnection } from '../connection/docker-connection.ts';

/** Opens the Engine API of a connection. */
export type OpenApi = (docker: DockerConnection) => Promise<DockerApi>;

/** Opens it by the library, which takes long to load: only commands that ask the engine load it. */
export const openApi: OpenApi = async (docker) => (await import('./connect.ts')).connect(docker);
