/** How a server is to start. */
export interface ServeOptions {
  /** YAML files, each laid over the one before. */
  readonly configFiles: readonly string[];
  /** Seed what is missing of the demo data. */
  readonly demo: boolean;
  /** Remove the demo data, and only that, and seed it again. */
  readonly resetDemo: boolean;
  /** NODE_OPTIONS of the environment, for `signal-debugger.ts`. */
  readonly nodeOptions?: string | undefined;
}
