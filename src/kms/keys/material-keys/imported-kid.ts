import { isCanonicalUuid } from '#infra/magic/uuid.ts';

/** Characters of a kid; no JWE or JWS with a longer one is looked at. */
export const MAX_KID = 128;

/** No control characters, of which a database may not hold every one. */
const form = /^\P{Cc}+$/u;

/** Whether a kid can be one under which a version protected before it was imported; a UUID is the id of a version. */
export const isImportedKid = (kid: string): boolean =>
  kid.length <= MAX_KID && form.test(kid) && kid.isWellFormed() && !isCanonicalUuid(kid);
