/// <reference lib="esnext.disposable" preserve="true" />
/** The public types of `passthru/testing`: options of a start, and the stack that comes of it. They import nothing, so that every project can read them. */

export interface StartOptions {
  /**
   * Where the services run: `embedded` needs nothing but Node, `docker` runs them as containers. `auto`, the default, takes Docker where
   * it can be had, else the embedded engine. PASSTHRU_ENGINE counts where this is not stated.
   */
  readonly engine?: 'auto' | 'embedded' | 'docker';
  /**
   * The data with which the stack starts. `auto`, the default, is a seeded stack that the first start on this machine stores and every
   * later one copies; another text is a snapshot by its name (`passthru snapshot list`) or folder; null makes and seeds everything anew.
   */
  readonly snapshot?: 'auto' | (string & {}) | null;
  /** All by default. The KMS trusts Identity, so it does not come alone: `['kms']` is refused. */
  readonly services?: readonly ServiceName[];
  /** Milliseconds that the start may take; 300,000 by default, and 600,000 unless the engine is `embedded`: Docker may have images to build. */
  readonly timeoutMs?: number;
  /** Its abort ends the start, and takes back what was started. */
  readonly signal?: AbortSignal;
  /** Hears, line by line, how the start goes and what went wrong; for example `console.error`. */
  readonly log?: (line: string) => void;
}

export type ServiceName = 'identity' | 'kms';

/** A user of the demo data: he logs in at Identity, and as a realm user at the KMS with Basic. */
export interface Credential {
  readonly username: string;
  readonly password: string;
  /** Name of the tenant. */
  readonly tenant: string;
  readonly roles: readonly string[];
  /** Base32, for an app whose code a log-in asks for after the password; absent: it asks for none. */
  readonly totpSecret?: string;
}

/** An OAuth client of the demo data. */
export interface Client {
  readonly id: string;
  /** Null for a public client. */
  readonly secret: string | null;
  readonly grantTypes: readonly string[];
  readonly redirectUris: readonly string[];
  /** The scopes that it may ask for. */
  readonly scopes: readonly string[];
}

/** The one who is to have a token: a person, who logs in with PKCE, or a client, which takes one for itself. */
export type TokenOptions = (
  | { readonly username: string; readonly client?: undefined }
  | { readonly client: string; readonly username?: undefined }
) & {
  /** Separated by spaces; by default `kms:read kms:crypto` for a person, and every scope of the KMS that it has for a client. */
  readonly scope?: string;
};

export interface LogOptions {
  /** All services by default. */
  readonly service?: ServiceName | 'telemetry';
  /** Only so many last lines of each service, not of all together as `passthru logs --tail` counts; 100 by default. */
  readonly tail?: number;
}

export interface LogLine {
  readonly service: string;
  /** As the service wrote it: a JSON object, or what it said outside of its log. */
  readonly line: string;
}

/**
 * A stack of its own for one suite: on free ports, in a state folder of its own. It is gone when `stop` or `await using` says so, and
 * also when the process that started it ends in any way.
 */
export interface TestStack extends AsyncDisposable {
  readonly engine: 'embedded' | 'docker';
  /** Base URL of the API of the KMS, for example `https://localhost:41001/service/api/v1`. */
  readonly kmsUrl: string;
  /** Issuer URL of Identity, exactly as it stands in tokens. */
  readonly issuer: string;
  /** PEM file with the root certificate. */
  readonly caFile: string;
  /** The same as text. */
  readonly ca: string;
  readonly credentials: readonly Credential[];
  readonly clients: readonly Client[];
  /** Variables for other programs, as `passthru env` prints them: addresses, demo credentials, and a file of roots for each language. */
  readonly env: Readonly<Record<string, string>>;
  /** The folder in which the stack keeps everything. */
  readonly stateDir: string;
  /** Whether the data came out of a snapshot, or were seeded by this start. */
  readonly startedFrom: 'snapshot' | 'seed';
  /**
   * As the global `fetch`. For the servers of this stack it trusts the CA of the stack and nothing else, with TLS 1.3; every other
   * request is made by the global one.
   */
  readonly fetch: typeof globalThis.fetch;
  /**
   * An access token for the KMS that Identity issued.
   *
   * @throws StackError `option-invalid` where neither or both are named; with the answer of Identity where it refuses
   */
  token(options: TokenOptions): Promise<string>;
  /** The demo data as they were seeded, under new tenant ids; what the suite made is gone. The services go on running. */
  reset(): Promise<void>;
  /**
   * Stores the data as they are now, for `restore(name)`; it is gone with the stack. The services go on running.
   *
   * @returns the folder of the snapshot, with which other stacks may start: `startStack({ snapshot: folder })`
   */
  snapshot(name: string): Promise<string>;
  /** All data as in a snapshot; without a name as they were when the stack started. The services restart on the same ports. */
  restore(name?: string): Promise<void>;
  /**
   * What the services logged, one service after the other, the lines of each oldest first.
   *
   * @throws StackError `service-unknown` for one that its engine does not run
   */
  logs(options?: LogOptions): Promise<readonly LogLine[]>;
  /** Ends the services and removes everything; a second call waits for the first. */
  stop(): Promise<void>;
  /** `kmsUrl`, by the name that users of Testcontainers look for. */
  getKmsUrl(): string;
  /** `issuer`, likewise. */
  getIssuer(): string;
  /** `caFile`, likewise. */
  getCaFile(): string;
}
