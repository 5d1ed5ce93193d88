/** How the engine is reached: a Unix socket or Windows pipe, or TLS with the certificates in a folder. */
export type DockerEndpoint =
  | { readonly kind: 'socket'; readonly path: string }
  | { readonly kind: 'tls'; readonly host: string; readonly port: number; readonly certFolder: string };

/** A Docker engine, resolved once; Compose and the API client both get it from here, so that they never speak to two. */
export interface DockerConnection {
  /** Its origin and its address, for people, for example `default context, unix:///var/run/docker.sock`. */
  readonly name: string;
  /** Version of the engine, for example `28.5.1`; null where it does not tell. */
  readonly version: string | null;
  readonly endpoint: DockerEndpoint;
  /** The whole environment of `docker compose`: nothing else of ours is passed on. */
  readonly env: Readonly<Record<string, string>>;
}
