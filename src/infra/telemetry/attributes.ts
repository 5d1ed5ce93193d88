import type { Attributes } from './telemetry.ts';

/**
 * Every attribute that may leave the process. A key that is not here is dropped, so that a header, a body or a
 * credential can only get out by someone writing its name into this list.
 *
 * @see https://opentelemetry.io/docs/specs/semconv/
 */
const ALLOWED: ReadonlySet<string> = new Set([
  // HTTP and network
  'http.request.method',
  'http.response.status_code',
  'http.route',
  'server.address',
  'server.port',
  'client.address',
  'network.protocol.version',
  'tls.protocol.version',
  // database
  'db.system.name',
  'db.namespace',
  'db.operation.name',
  'db.collection.name',
  'db.response.returned_rows',
  // errors
  'error.type',
  // the products: ids and closed words, never values
  'tenant_id',
  'account_id',
  'client_id',
  'credential',
  'name_tag',
  'elastic_key_id',
  'material_key_id',
  'reset_id',
  'audit_id',
  'realm',
  'issuer',
  'algorithm',
  'operation',
  'grant_type',
  'token_format',
  'scope',
  'dependency',
  'state',
  'reason',
  'outcome',
  'code',
  'cache',
  'job.name',
  'listener',
  'port',
  'count',
  'version',
  'duration_ms',
  'file',
  'worker',
]);

/** Longer texts are cut: an attribute is a label, not a payload. */
const MAX_CHARACTERS = 256;

/**
 * Secrets by their shape, for text that people write: compact JOSE objects, credentials of an Authorization header,
 * parameters and members that carry secrets, password hashes, unseal shares, private keys.
 */
const SECRETS: readonly (readonly [RegExp, string])[] = [
  [/\beyJ[\w-]{5,}(?:\.[\w-]*){2,4}/g, '[redacted]'],
  [/\b(Bearer|Basic|DPoP)\s+[\w.~+/=-]{6,}/gi, '$1 [redacted]'],
  [
    /\b((?:access_|refresh_|id_)?token|id_token_hint|code_verifier|password|secret|client_secret|client_assertion)(["']?\s*[=:]\s*["']?)[^\s"'&,;}]+/gi,
    '$1$2[redacted]',
  ],
  [/([?&](?:user_)?code=)[^\s"'&]+/g, '$1[redacted]'],
  [/\$pbkdf2-[\w-]+\$[^\s"']+/g, '[redacted]'],
  [/\bpassthru-share-v\d+\.[\w.-]+/g, '[redacted]'],
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g, '[redacted]'],
];

/** A word of each shape: nearly every text has none, and costs one look instead of one for each. */
const SUSPECT = /eyJ|bearer|basic|dpop|token|code|password|secret|assertion|\$pbkdf2-|passthru-share-v|PRIVATE KEY-/i;

/** The text with everything that has the shape of a secret replaced. */
export const redact = (text: string): string => {
  if (!SUSPECT.test(text)) return text;
  let clean = text;
  for (const [shape, replacement] of SECRETS) clean = clean.replace(shape, replacement);
  return clean;
};

/** The attributes that may leave the process, their texts redacted and cut to 256 characters. */
export const allowedAttributes = (attributes: Attributes = {}): Record<string, string | number | boolean> => {
  const kept: Record<string, string | number | boolean> = {};
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || !ALLOWED.has(key)) continue;
    kept[key] = typeof value === 'string' ? redact(value).slice(0, MAX_CHARACTERS) : value;
  }
  return kept;
};
