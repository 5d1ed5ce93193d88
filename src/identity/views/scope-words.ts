import { keyScopeOf, type ScopedKeys } from '#infra/magic/key-scopes.ts';

/** Each scope in the words of the person who grants it: what the client may then do. */
const WORDS: Readonly<Record<string, string>> = {
  openid: 'Confirm who you are',
  profile: 'See your name and user name',
  email: 'See your e-mail address',
  offline_access: 'Stay connected while you are away',
  'kms:read': 'See keys and their versions',
  'kms:write': 'Create, change, rotate, revoke and delete keys',
  'kms:crypto': 'Encrypt, decrypt, sign, verify and wrap with keys',
  'kms:admin': 'See and manage tenants and users, and move key material into the KMS and out of it',
  'kms:audit': 'See who did what with keys',
  'kms:api-keys': 'Make API keys for services, change and revoke them',
  'kms:elastic-keys:read': 'See keys',
  'kms:material-keys:read': 'See the versions of keys',
  'kms:elastic-keys:create': 'Create keys',
  'kms:elastic-keys:update': 'Change keys',
  'kms:elastic-keys:delete': 'Delete keys',
  'kms:material-keys:rotate': 'Rotate keys',
  'kms:material-keys:revoke': 'Revoke versions of keys',
  'kms:material-keys:delete': 'Delete versions of keys, and restore them',
  'kms:api-keys:read': 'See API keys of services, without their secrets',
  'kms:api-keys:create': 'Make API keys for services',
  'kms:api-keys:update': 'Change API keys of services',
  'kms:api-keys:rotate': 'Rotate API keys of services',
  'kms:api-keys:revoke': 'Revoke API keys of services',
  'kms:api-keys:delete': 'Delete API keys of services',
  'kms:grants:read': 'See who was granted the use of keys',
  'kms:grants:write': 'Grant others the use of keys, and take it back',
  'kms:encrypt': 'Encrypt with keys',
  'kms:decrypt': 'Decrypt with keys',
  'kms:sign': 'Sign with keys',
  'kms:verify': 'Verify signatures with keys',
  'kms:mac': 'Make message authentication codes with keys',
  'kms:mac-verify': 'Check message authentication codes with keys',
  'kms:wrap': 'Wrap other keys',
  'kms:unwrap': 'Unwrap other keys',
  'kms:rewrap': 'Move ciphertexts to newer versions of keys',
  'kms:generate': 'Generate data keys',
  'kms:audit:read': 'See who did what with keys',
  'kms:tenants:read': 'See tenants',
  'kms:tenants:write': 'Manage tenants',
  'kms:users:read': 'See the users of your tenant',
  'kms:users:write': 'Manage the users of your tenant',
  'kms:elastic-keys:import': 'Move key material into the KMS',
  'kms:elastic-keys:export': 'Move key material out of the KMS',
};

const keysOf = (keys: ScopedKeys): string => (keys.kind === 'key' ? `the key ${keys.key}` : `keys labelled ${keys.name}: ${keys.value}`);

/** The words for a scope; one that has none is named as it is, never left out. */
export const scopeWords = (scope: string): string => {
  const words = Object.hasOwn(WORDS, scope) ? WORDS[scope] : undefined;
  if (words !== undefined) return words;
  const scoped = keyScopeOf(scope);
  const of = scoped === null ? undefined : scopeWords(`kms:${scope.split(':').slice(3).join(':')}`);
  return scoped === null ? `Use the permission “${scope}”` : `${of}, only for ${keysOf(scoped.keys)}`;
};

const CLAIM_WORDS: Readonly<Record<string, string>> = {
  name: 'See your name',
  preferred_username: 'See your user name',
  tenant_id: 'See to which tenant you belong',
  roles: 'See your roles',
  email: 'See your e-mail address',
};

/** The words for a claim that a client asks for by name; one that has none is named as it is. */
export const claimWords = (claim: string): string =>
  (Object.hasOwn(CLAIM_WORDS, claim) ? CLAIM_WORDS[claim] : undefined) ?? `See “${claim}” of your account`;
