import type { Result } from '#infra/apperr/result.ts';

/** The services that a demo speaks to, in the order of the dependency chain. */
export const SERVICES = ['telemetry', 'identity', 'kms'] as const;
export type ServiceName = (typeof SERVICES)[number];

/** Database servers that an engine may run beside them, each for the service that its name begins with. */
export const DATABASES = ['identity-postgres', 'kms-postgres'] as const;
export type DatabaseName = (typeof DATABASES)[number];

/** A text by its name, a file without its ending for example. */
export interface NamedText {
  readonly name: string;
  readonly text: string;
}

/** A part that an engine runs as a process or container of its own. */
export type PartName = ServiceName | DatabaseName;

export const PROFILES = ['dev', 'demo', 'ci', 'prod'] as const;
export type Profile = (typeof PROFILES)[number];

/** All that a client of the stack must know: addresses, and the names of the files that hold secrets. */
export interface Endpoints {
  readonly kms: {
    readonly service: string;
    readonly ready: string;
    readonly live: string;
    readonly admin: string;
    readonly openapi: string;
    /** Swagger UI; null where it is switched off. */
    readonly swagger: string | null;
    /** The pages where a person logs in and works with keys; null where they are switched off. */
    readonly pages: string | null;
  };
  readonly identity: {
    readonly issuer: string;
    readonly discovery: string;
    readonly ready: string;
    readonly live: string;
    readonly admin: string;
  };
  /** The second Identity, which answers while `openPartner` is open. */
  readonly partner: { readonly issuer: string; readonly discovery: string; readonly ready: string };
  /** OTLP/HTTP base URL. */
  readonly telemetry: { readonly otlp: string; readonly ready: string };
  /** PEM file with the root certificate. */
  readonly caFile: string;
  /** Client certificate of the CLI, for the admin listeners and OTLP. */
  readonly client: { readonly certFile: string; readonly keyFile: string };
  /** Client certificate of the demo's service account `demo-service`, which realms.yml maps to a tenant of the KMS. */
  readonly serviceClient: { readonly certFile: string; readonly keyFile: string };
}

/** A process or container as it is known at one moment. */
export interface ServiceStatus {
  readonly service: PartName;
  readonly state: 'absent' | 'starting' | 'running' | 'exited';
  /** Result of the platform's own health check; null where there is none. */
  readonly health: 'starting' | 'healthy' | 'unhealthy' | null;
  readonly address: string;
  readonly pid: number | null;
  /** Milliseconds since start; null when not running. */
  readonly uptimeMs: number | null;
  /** Starts since `up`, to tell a restart from a slow start. */
  readonly restarts: number;
  readonly exitCode: number | null;
}

/** Facts for the root-cause line of a part that stays red. */
export interface Diagnosis {
  readonly service: PartName;
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly outOfMemory: boolean;
  /** Output of the platform's own health check, where the last one failed; null where there is none. */
  readonly lastProbe: string | null;
  /** Last log lines, oldest first, at most 20. */
  readonly logTail: readonly string[];
}

export type EngineEvent =
  | { readonly type: 'service-started'; readonly service: PartName; readonly pid: number | null }
  | { readonly type: 'service-exited'; readonly service: PartName; readonly exitCode: number | null; readonly signal: string | null }
  /** The engine does something before a service runs, in one clause: an image is pulled or built, containers are made. */
  | { readonly type: 'progress'; readonly text: string };

export interface PreparedTls {
  /** Subject names from the root down to the issuing CA, for example `['root', 'policy', 'issuing']`. */
  readonly chain: readonly string[];
  readonly leaves: number;
  readonly keyType: string;
  /** False when valid certificates were there already. */
  readonly created: boolean;
}

/** Exactly what demo/ needs of a place to run services in. */
export interface Engine extends AsyncDisposable {
  readonly kind: 'embedded' | 'docker';
  /** The parts that it can run, in the order of the dependency chain. */
  readonly parts: readonly PartName[];
  /** The profile with which the stack is, or is to be, brought up. */
  readonly profile: Profile;
  /** Why this engine was chosen, on one line. */
  readonly reason: string;
  /** True where another engine would have been taken and cannot be had; `reason` is then what that one's failure says. */
  readonly isFallback: boolean;
  /** Ports that these need and that somebody else holds, each with its holder; empty when all is well. */
  portConflicts(users: readonly PortUser[]): Promise<readonly PortConflict[]>;
  /** Certificates, secrets, configuration: makes what is missing or expired, keeps what is good. */
  prepare(signal: AbortSignal): Promise<Result<PreparedTls>>;
  /**
   * Starts a service that is not running, and the database that is its own; `already-running` leaves it alone; `restarted` replaced one
   * whose configuration was stale.
   */
  up(service: ServiceName, signal: AbortSignal): Promise<Result<'started' | 'already-running' | 'restarted'>>;
  /**
   * Starts a second Identity, with keys, accounts and a database of its own, that is another issuer for the KMS; disposal ends it, and
   * its data with it. It is no part of the stack: nothing else waits for it, and the KMS is ready without it.
   */
  openPartner(signal: AbortSignal): Promise<Result<AsyncDisposable>>;
  endpoints(): Endpoints;
  /** Calls `emit` for every state change until `signal` aborts. */
  watch(emit: (event: EngineEvent) => void, signal: AbortSignal): void;
  /** @throws AppError where the engine cannot be asked: nobody knows then how its services are */
  status(): Promise<readonly ServiceStatus[]>;
  /** Whether there is a database of this server, whether or not the server runs. */
  holdsData(server: 'identity' | 'kms'): Promise<boolean>;
  diagnose(part: PartName): Promise<Diagnosis>;
  /**
   * The tenant ids to seed with, by tenant name; `set` puts these in their place (a reset, or its rollback). Written durably before it
   * returns.
   */
  demoTenants(options?: { readonly set?: Readonly<Record<string, string>> }): Promise<Readonly<Record<string, string>>>;
  /**
   * Every OTLP signal that the sink or collector received, as OTLP JSON export requests, oldest first; with `containing`
   * only the requests in whose text that stands, for example a trace id.
   */
  telemetryRecords(signalKind: 'traces' | 'metrics' | 'logs', options?: { readonly containing?: string }): AsyncIterable<unknown>;
}

/** Those that listen on ports of a stack; the second Identity does so for one step of a demo. */
export type PortUser = ServiceName | 'partner';

export interface PortConflict {
  readonly port: number;
  readonly service: PortUser;
  /** For example `node (pid 4711)`; `another process` where the platform does not tell. */
  readonly holder: string;
  /** The state folder of the stack that holds it; absent where it is none of ours. */
  readonly stateDir?: string;
}
