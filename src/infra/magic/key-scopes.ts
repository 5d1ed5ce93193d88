import { KEY_NAME, LABEL_NAME, MAX_KEY_NAME, MAX_LABEL_NAME, MAX_LABEL_VALUE } from './key-words.ts';
import { type FineScope, KMS_SCOPES } from './magic.ts';
import { fineScopesOf } from './scopes.ts';
import { isUuid, isUuidV7 } from './uuid.ts';

/**
 * Scopes that reach some keys of a tenant alone. In the notation of RFC 5234, where `coarse` and `fine` are the scopes of `KMS_SCOPES`
 * without `kms:`:
 *
 *     scope        = "kms:" right / key-scope / label-scope
 *     key-scope    = "kms:key:" ( id / name ) ":" right
 *     label-scope  = "kms:label:" label "=" value ":" right
 *     right        = coarse / fine
 *     id           = UUIDv7 in lower case
 *     name         = ( ALPHA / DIGIT ) *127( ALPHA / DIGIT / "." / "_" / "-" )     ; not of the form of a UUID
 *     label        = ( ALPHA / DIGIT ) *62( ALPHA / DIGIT / "." / "_" / "/" / "-" )
 *     value        = *( unreserved / pct-encoded )                                 ; RFC 3986, of UTF-8
 *
 * A value has one form only: unreserved characters stand as they are, and every other byte is encoded with upper-case digits. So two
 * scopes are the same if and only if their texts are, and every one is a scope-token of RFC 6749 section 3.3.
 */

/** Scopes whose acts are about one key: only these can be given for some keys alone. */
export const KEY_RIGHTS: ReadonlySet<FineScope> = new Set<FineScope>([
  ...KMS_SCOPES['kms:crypto'],
  'kms:elastic-keys:read',
  'kms:elastic-keys:update',
  'kms:elastic-keys:delete',
  'kms:elastic-keys:import',
  'kms:elastic-keys:export',
  'kms:material-keys:read',
  'kms:material-keys:rotate',
  'kms:material-keys:revoke',
  'kms:material-keys:delete',
  'kms:grants:read',
  'kms:grants:write',
]);

/** The keys that a scope reaches: one by its id or its name, or all with a label. */
export type ScopedKeys =
  | { readonly kind: 'key'; readonly key: string }
  | { readonly kind: 'label'; readonly name: string; readonly value: string };

export interface KeyScope {
  readonly keys: ScopedKeys;
  /** The fine scopes that it gives for these keys, at least one. */
  readonly rights: readonly FineScope[];
}

/** Characters of a scope; as many as a claim of a token may have. */
const MAX_SCOPE = 512;

const FORM = /^kms:(key|label):([^:]*):(.+)$/s;
const name = new RegExp(KEY_NAME);
const labelName = new RegExp(LABEL_NAME);

/** The one form in which a value stands in a scope. */
const encodedValue = (value: string): string =>
  encodeURIComponent(value).replaceAll(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);

const decodedValue = (encoded: string): string | null => {
  try {
    const value = decodeURIComponent(encoded);
    return encodedValue(value) === encoded && value.length <= MAX_LABEL_VALUE && !value.includes('\0') ? value : null;
  } catch {
    return null;
  }
};

const keyOf = (text: string): ScopedKeys | null => {
  const isKey = isUuid(text) ? isUuidV7(text) : text.length <= MAX_KEY_NAME && name.test(text);
  return isKey ? { kind: 'key', key: text } : null;
};

const labelOf = (text: string): ScopedKeys | null => {
  const equals = text.indexOf('=');
  if (equals < 1 || equals > MAX_LABEL_NAME || !labelName.test(text.slice(0, equals))) return null;
  const value = decodedValue(text.slice(equals + 1));
  return value === null ? null : { kind: 'label', name: text.slice(0, equals), value };
};

/** A scope that reaches some keys alone; null for a text that is none. */
export const keyScopeOf = (scope: string): KeyScope | null => {
  if (scope.length > MAX_SCOPE) return null;
  const [, kind, text, right] = FORM.exec(scope) ?? [];
  if (kind === undefined || text === undefined || right === undefined) return null;
  const keys = kind === 'key' ? keyOf(text) : labelOf(text);
  const rights = fineScopesOf(`kms:${right}`).filter((fine) => KEY_RIGHTS.has(fine));
  return keys === null || rights.length === 0 ? null : { keys, rights };
};

/** The scope that gives a right for these keys. */
export const scopeForKeys = (keys: ScopedKeys, right: FineScope): string => {
  const of = keys.kind === 'key' ? `key:${keys.key}` : `label:${keys.name}=${encodedValue(keys.value)}`;
  return `kms:${of}:${right.slice('kms:'.length)}`;
};

/** Characters of a scope-token. @see RFC 6749 section 3.3 */
const TOKEN = /^[\x21\x23-\x5B\x5D-\x7E]+$/;
export const isScopeToken = (text: string): boolean => text.length <= MAX_SCOPE && TOKEN.test(text);

/** One right for one place, as texts: all keys of a tenant, or those that a scope names. */
const partsOf = (scope: string): readonly (readonly [place: string, right: string])[] => {
  const scoped = keyScopeOf(scope);
  if (scoped === null) return fineScopesOf(scope).map((right) => ['', right]);
  return scoped.rights.map((right) => [scopeForKeys(scoped.keys, right), right]);
};

/**
 * Says of a scope whether those who hold these may be given it as well: it is among them, or all that it gives is given by them, for the
 * same keys or for all.
 */
export const scopeCover = (held: Iterable<string>): ((scope: string) => boolean) => {
  const scopes = new Set(held);
  let given: ReadonlySet<string> | undefined;
  return (scope) => {
    if (scopes.has(scope)) return true;
    given ??= new Set([...scopes].flatMap((each) => partsOf(each).map(([place, right]) => place || right)));
    const [wanted, has] = [partsOf(scope), given];
    return wanted.length > 0 && wanted.every(([place, right]) => has.has(right) || has.has(place));
  };
};

/** @see scopeCover */
export const coversScope = (held: Iterable<string>, scope: string): boolean => scopeCover(held)(scope);
