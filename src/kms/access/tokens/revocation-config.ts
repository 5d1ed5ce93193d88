import { type TString, Type } from 'typebox';
import { filePath, strictObject } from '#infra/config/schema.ts';
import { KMS_CLIENT_ID } from '#infra/magic/magic.ts';
import { CLIENT_AUTHENTICATIONS } from './client-credential.ts';
import { REVOCATION_MODES } from '../revocation-modes.ts';

/** @param httpsUrl makes the schema of an address, as all of an issuer have it */
export const revocationConfigSchema = (httpsUrl: (description: string) => TString) =>
  strictObject({
    mode: Type.Enum(REVOCATION_MODES, {
      description:
        'how the KMS learns that a token was revoked: it asks for every request; where secret key material is used or changed; or when the last answer is older than the interval; it is told by the feed of the issuer; or never, where no token lives longer than ten minutes',
    }),
    operations: Type.Record(Type.String(), Type.Enum(REVOCATION_MODES), {
      default: {},
      description:
        'operations with a mode of their own, by their scope, such as `kms:decrypt: every-request`; a coarse scope names all that it covers',
    }),
    interval_seconds: Type.Integer({
      minimum: 1,
      maximum: 30,
      default: 10,
      description: 'of the mode `interval`: how long an answer is remembered',
    }),
    introspection_endpoint: Type.Optional(httpsUrl('an https URL without user and fragment; required without `discovery`')),
    introspection_batch_endpoint: Type.Optional(
      httpsUrl(
        'where the issuer answers for up to fifty tokens at once, as Identity does at `/oauth2/introspect/batch`; without it, one a request',
      ),
    ),
    opaque_tokens: Type.Enum(['refuse', 'introspect'], {
      default: 'refuse',
      description:
        'tokens that are no JWT: `introspect` asks this issuer what they are, at most every 30 s for one; only one issuer can, for such a token does not say whose it is',
    }),
    client_id: Type.String({ minLength: 1, maxLength: 128, default: KMS_CLIENT_ID, description: 'client id with which the KMS asks' }),
    authentication: Type.Enum(CLIENT_AUTHENTICATIONS, {
      default: 'client_secret_basic',
      description:
        'how the KMS proves to the issuer who it is: by the secret of the client, or by the client certificate of `identity.tls` (RFC 8705 section 2.1)',
    }),
    client_secret_file: Type.Optional(
      filePath({ description: 'file of mode 0600 with the client secret; for `client_secret_basic`, and required there' }),
    ),
    feed: Type.Optional(
      strictObject(
        {
          uri: httpsUrl('where the issuer tells of revocations; the KMS shows the client certificate of `identity.tls` there'),
          late_seconds: Type.Integer({
            minimum: 2,
            maximum: 30,
            default: 3,
            description: 'the feed is late when no heartbeat came for so long; until it is up to date again the KMS asks',
          }),
          outage_seconds: Type.Integer({
            minimum: 0,
            maximum: 86_400,
            default: 900,
            description:
              'how long after the last heartbeat a token is taken without an answer while the issuer gives none, where no secret key material is used or changed',
          }),
        },
        { description: 'of the mode `feed`' },
      ),
    ),
  });
