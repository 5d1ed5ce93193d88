import { type Static, Type } from 'typebox';
import { strictObject } from '#infra/config/schema.ts';

/** What a client has to show beside a token: the member `tokens` of `kms.yml`. */
export const tokensConfigSchema = strictObject(
  {
    origins: Type.Array(Type.String({ pattern: '^https://[a-z0-9.-]+(:[0-9]{1,5})?$|^https://\\[[0-9a-f:.]+\\](:[0-9]{1,5})?$' }), {
      default: [],
      maxItems: 32,
      uniqueItems: true,
      description:
        'origins by which clients reach this service, such as https://kms.example: DPoP proofs are for their URLs, and the metadata of the resource names them; where none is stated, every name for which the certificate of the server is good',
    }),
    unbound_certificate: Type.Enum(['refuse', 'ignore'], {
      default: 'refuse',
      description:
        'a client certificate beside a token that is not bound to it: `refuse` answers 400; `ignore` is for a mesh, which shows one on every connection',
    }),
    dpop: strictObject(
      {
        max_age_seconds: Type.Integer({
          minimum: 1,
          maximum: 300,
          default: 60,
          description: 'how old a DPoP proof may be; for so long it is remembered, so that it is good once',
        }),
        nonce: Type.Enum(['off', 'required'], {
          default: 'off',
          description: '`required`: a DPoP proof has to hold a nonce that this replica gave within the last two minutes',
        }),
      },
      { default: {} },
    ),
  },
  { default: {} },
);

export type TokensConfig = Static<typeof tokensConfigSchema>;
