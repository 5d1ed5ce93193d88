import { Type, type Static } from 'typebox';

/** Three PEM files of one end of a TLS connection: whom it trusts, its certificate with the intermediates, its private key. */
export const tlsFilesSchema = Type.Object(
  {
    ca: Type.String({ minLength: 1, description: 'PEM file with the trusted root certificate' }),
    cert: Type.String({ minLength: 1, description: 'PEM file with the certificate, then the intermediates' }),
    key: Type.String({ minLength: 1, description: 'PEM file with the private key (PKCS#8), mode 0600' }),
  },
  { additionalProperties: false },
);

export type TlsFiles = Static<typeof tlsFilesSchema>;
