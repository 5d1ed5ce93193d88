/** Numbers and names that both products and the CLI share; each with its unit. */

export const KMS_PORT = 8081;
export const IDENTITY_PORT = 8082;
/** Admin listener = public port + this. */
export const ADMIN_PORT_OFFSET = 1000;
/** The stream of revocations, at the listener of Identity for resource servers. */
export const FEED_PATH = '/feed/v1/revocations';
/** Listener of Identity at which resource servers hear of revocations = public port + this. */
export const FEED_PORT_OFFSET = 2000;
/** Embedded OTLP sink = KMS public port + this; beside it two demos never share a sink. */
export const SINK_PORT_OFFSET = 2000;
/** The second Identity of a demo, while it runs = Identity's public port + this. */
export const PARTNER_PORT_OFFSET = 3000;
/** Health of the collector on Docker = KMS public port + this. */
export const COLLECTOR_HEALTH_PORT_OFFSET = 3000;
/** The unit of the offsets above; a stack whose ports lie close together counts them in another one. */
export const PORT_STEP = 1000;
/** That unit where all ports of a stack follow one another: the KMS and Identity are neighbours, and so are their further listeners. */
export const CLOSE_PORT_STEP = 2;
/** Ports of a stack that follow one another. */
export const PORTS_OF_A_STACK = 8;

/** Kinds of places that hold trusted roots: the store of the system, and databases of NSS. */
export const TRUST_STORES = ['system', 'nss'] as const;

/** The KMS as an OAuth resource server (RFC 8707): audience of its access tokens. */
export const KMS_RESOURCE = 'urn:passthru:kms';
/** Client id with which the KMS calls introspection at Identity. */
export const KMS_CLIENT_ID = 'passthru-kms';
/** URI SAN prefix that carries a tenant id in a client certificate. */
export const TENANT_URN_PREFIX = 'urn:passthru:tenant:';

/** KMS scopes. A coarse scope grants the fine ones listed; a fine one only itself. */
export const KMS_SCOPES = {
  'kms:read': ['kms:elastic-keys:read', 'kms:material-keys:read', 'kms:grants:read'],
  'kms:write': [
    'kms:elastic-keys:create',
    'kms:elastic-keys:update',
    'kms:elastic-keys:delete',
    'kms:material-keys:rotate',
    'kms:material-keys:revoke',
    'kms:material-keys:delete',
    'kms:grants:write',
  ],
  'kms:crypto': [
    'kms:encrypt',
    'kms:decrypt',
    'kms:sign',
    'kms:verify',
    'kms:mac',
    'kms:mac-verify',
    'kms:wrap',
    'kms:unwrap',
    'kms:rewrap',
    'kms:generate',
  ],
  'kms:audit': ['kms:audit:read'],
  'kms:api-keys': [
    'kms:api-keys:read',
    'kms:api-keys:create',
    'kms:api-keys:update',
    'kms:api-keys:rotate',
    'kms:api-keys:revoke',
    'kms:api-keys:delete',
  ],
  'kms:admin': [
    'kms:tenants:read',
    'kms:tenants:write',
    'kms:elastic-keys:import',
    'kms:elastic-keys:export',
    'kms:users:read',
    'kms:users:write',
  ],
} as const;

export type CoarseScope = keyof typeof KMS_SCOPES;
export type FineScope = (typeof KMS_SCOPES)[CoarseScope][number];

/** Scopes by role, for realm users and for what Identity lets an account ask for. */
export const ROLE_SCOPES: Readonly<Record<string, readonly (CoarseScope | FineScope)[]>> = {
  admin: ['kms:read', 'kms:write', 'kms:crypto', 'kms:audit', 'kms:api-keys', 'kms:admin'],
  'tenant-admin': ['kms:read', 'kms:write', 'kms:crypto', 'kms:audit', 'kms:api-keys', 'kms:users:read', 'kms:users:write'],
  user: ['kms:read', 'kms:crypto'],
  service: ['kms:crypto'],
};
