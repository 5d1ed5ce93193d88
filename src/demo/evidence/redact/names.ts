/** Members, parameters and headers by their names: which are for everybody, and which for nobody. */

const wordsOf = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s+/));

/** Random on sight, and meant for everybody: ids, public keys, hashes, challenges. */
const PUBLIC = wordsOf(`
  id kid jti sub sid client_id tenant_id material_key_id elastic_key_id api_key_id key_id previous_id name username
  x y n e crv kty alg algorithm image enc typ use key_ops x5t x5t#S256 thumbprint fingerprint hash previous chain public_key
  code_challenge code_challenge_method at_hash c_hash s_hash cursor next_cursor etag
  traceId spanId parentId span_id parent_id token_type token_type_hint token_format token_endpoint_auth_method token_endpoint_auth_methods_supported
  code_challenge_methods_supported token_endpoint_auth_signing_alg_values_supported trace_id traceparent
  id_token_signing_alg_values_supported token_binding service_documentation
  previous_secret_until token_id decision password_changed_at key_is_kept wrong_password passwords asks_for_password forms fields secret_expires_at credential nonce
`);

const SECRET =
  /passw|secret|token|verifier|plaintext|credential|cookie|csrf|share|private|assertion|authorization|^login_hint$|^(key|k|d|p|q|dp|dq|qi|oth|code|proof|dpop|payload|text|session|pin|otp)$/i;

export const isPublicName = (name: string): boolean => PUBLIC.has(name);
export const isSecretName = (name: string): boolean => !PUBLIC.has(name) && SECRET.test(name);

/** Parameters of a form or a query of OAuth and of ours that are for everybody; every other one is a secret. */
const PUBLIC_PARAMETERS = wordsOf(`
  grant_type client_id scope redirect_uri post_logout_redirect_uri resource response_type response_mode username prompt iss error
  error_description code_challenge code_challenge_method token_type_hint limit cursor name nonce key operation actor issuer return_to logout
  from to allow_no_administrator wait_days
`);
/** Of these, the ones that are random on sight. */
const RANDOM_PARAMETERS = wordsOf('code_challenge cursor nonce');
export const isRandomParameter = (name: string): boolean => RANDOM_PARAMETERS.has(name);
export const isPublicParameter = (name: string): boolean => PUBLIC_PARAMETERS.has(name);

/** Headers whose values are for everybody; of any other one the value is a secret. */
const PUBLIC_HEADERS = wordsOf(`
  accept accept-encoding accept-ranges allow cache-control clear-site-data connection content-disposition content-encoding content-language
  content-length content-security-policy content-type cross-origin-embedder-policy cross-origin-opener-policy cross-origin-resource-policy
  date deprecation etag expect-ct expires host idempotency-key idempotency-key-status keep-alive last-modified link location origin
  origin-agent-cluster permissions-policy pragma ratelimit ratelimit-limit ratelimit-policy ratelimit-remaining ratelimit-reset
  referrer-policy retry-after sec-fetch-site server strict-transport-security sunset traceparent tracestate transfer-encoding user-agent
  vary www-authenticate x-content-type-options x-dns-prefetch-control x-download-options x-frame-options x-permitted-cross-domain-policies
  x-ratelimit-limit x-ratelimit-remaining x-ratelimit-reset x-request-id x-xss-protection dpop-nonce
`);
export const isPublicHeader = (name: string): boolean => PUBLIC_HEADERS.has(name);
