import { createHash } from 'node:crypto';

/** The model of a grant: its row stands for the whole family of tokens. */
export const GRANT = 'Grant';

/** The model of what a device redeems. */
export const DEVICE_CODE = 'DeviceCode';
/** What a user code is hashed as. */
export const USER_CODE = 'user-code';

/** base64url. */
export const sha256 = (text: string): string => createHash('sha256').update(text).digest('base64url');

/** Ids and tokens are kept as SHA-256, base64url: a dump of the database holds no usable credential. */
export const hash = (kind: string, value: string): string => sha256(`${kind}:${value}`);

/** The name of a grant outside the provider, for example in a token: the hash of its row, never its id. */
export const grantReference = (grantId: string): string => hash(GRANT, grantId);

/** No id of oidc-provider has a colon. */
const BY_REFERENCE = 'reference:';

/** An id by which the store finds a grant or a device code of which only the reference is known. */
export const idOfReference = (reference: string): string => `${BY_REFERENCE}${reference}`;

/** A reference is for those inside: nobody outside may use one in the place of what it stands for. */
export const isReference = (id: string): boolean => id.startsWith(BY_REFERENCE);

/** In a payload, in the place of a credential: its reference. */
export const referenceTo = (kind: string, value: string): string => (isReference(value) ? value : idOfReference(hash(kind, value)));

const FOUND_BY_REFERENCE = [GRANT, DEVICE_CODE, USER_CODE];

/** The hash under which an entity is kept. */
export const hashOfId = (model: string, id: string): string =>
  FOUND_BY_REFERENCE.includes(model) && isReference(id) ? id.slice(BY_REFERENCE.length) : hash(model, id);

/** The name of a session outside the provider, for example in a form: the hash of its row, never its id. */
export const sessionReference = (id: string): string => hash('Session', id);
