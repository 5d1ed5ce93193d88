import { Type } from 'typebox';
import { strictObject } from '#infra/config/schema.ts';
import { entityTagOf } from '#infra/http/request/entity-tag.ts';
import { isoOf, isoOrNull } from '#kms/api/fields.ts';
import { oneOf, uuid, uuidV7 } from '#kms/api/schemas.ts';
import { elasticKeyPath } from '../elastic-keys/elastic-key.schemas.ts';
import { MATERIAL_KEY_STATES, REVOCATION_REASONS, type Revocation } from './material-key.states.ts';
import type { MaterialKey } from './material-key.ts';

/** Path parameters of every route below a material key. */
export const materialKeyPath = strictObject({ ...elasticKeyPath.properties, kid: uuid('the id of a material key, a UUID') });

const coordinate = (description: string) => Type.Optional(Type.String({ description }));

/** @see RFC 7517 section 4, RFC 7518 sections 6.2.1 and 6.3.1, RFC 8037 section 2, RFC 9964 section 3 */
export const publicJwk = Type.Object(
  {
    kty: Type.String({ description: '`EC`, `OKP`, `RSA` or `AKP`' }),
    crv: coordinate('of `EC` and `OKP`'),
    x: coordinate('of `EC` and `OKP`'),
    y: coordinate('of `EC`'),
    n: coordinate('of `RSA`'),
    e: coordinate('of `RSA`'),
    pub: coordinate('of `AKP`'),
    kid: Type.String(),
    alg: Type.Optional(Type.String({ description: 'of a key for JWS or JWE; one that signs bytes has none' })),
    use: Type.Optional(oneOf(['sig', 'enc'], { description: 'likewise' })),
  },
  { title: 'PublicJwk' },
);

const revocationSchema = Type.Object(
  {
    revoked_at: Type.String(),
    reason: oneOf(REVOCATION_REASONS, { title: 'RevocationReason' }),
    comment: Type.String(),
    allow_processing: Type.Boolean({ description: 'Whether it still decrypts, unwraps or verifies.' }),
  },
  { title: 'Revocation' },
);

export const materialKeySchema = Type.Object(
  {
    id: uuid('the `kid` of every JWE, JWS and JWK of this version'),
    elastic_key_id: uuidV7('the elastic key of which it is a version'),
    imported_kid: Type.Union([Type.String(), Type.Null()], {
      description: 'The `kid` of what it protected elsewhere and opens here, as the import said it; null where there is none.',
    }),
    version: Type.Integer(),
    state: oneOf(MATERIAL_KEY_STATES, {
      title: 'MaterialKeyState',
      description: '`active` protects and opens; `deactivated` only opens; `compromised` at most opens; the others do nothing.',
    }),
    public_jwk: Type.Union([publicJwk, Type.Null()], { description: 'Null for a symmetric key, and for one that is destroyed.' }),
    protections: Type.Union([Type.Integer(), Type.Null()], {
      description:
        'How often it may have protected: an upper bound, because each process takes a block of them at a time. Null where nothing limits them, and nobody counts.',
    }),
    created_at: Type.String(),
    deactivated_at: Type.Union([Type.String(), Type.Null()]),
    revocation: Type.Union([revocationSchema, Type.Null()], { description: 'Null for a version that was not revoked.' }),
    deletion_at: Type.Union([Type.String(), Type.Null()], { description: 'When a version that is `pending-deletion` will be destroyed.' }),
    destroyed_at: Type.Union([Type.String(), Type.Null()]),
  },
  { title: 'MaterialKey' },
);

const revocationView = ({ revokedAt, reason, comment, allowsProcessing }: Revocation) => ({
  revoked_at: isoOf(revokedAt),
  reason,
  comment,
  allow_processing: allowsProcessing,
});

export const materialKeyView = (key: MaterialKey) => ({
  id: key.id,
  elastic_key_id: key.elasticKeyId,
  imported_kid: key.importedKid,
  version: key.version,
  state: key.state,
  public_jwk: key.publicJwk,
  protections: key.protections,
  created_at: isoOf(key.createdAt),
  deactivated_at: isoOrNull(key.deactivatedAt),
  revocation: key.revocation && revocationView(key.revocation),
  deletion_at: isoOrNull(key.deletionDueAt),
  destroyed_at: isoOrNull(key.destroyedAt),
});

/** The validator of a material key as it is answered. */
export const materialKeyTag = (key: MaterialKey): string => entityTagOf(materialKeyView(key), key.revision);
