import { type Static, Type } from 'typebox';
import { filePath, strictObject } from '#infra/config/schema.ts';

/** Three PEM files of one end of a TLS connection: whom it trusts, its certificate with the intermediates, its private key. */
export const tlsFilesSchema = strictObject({
  ca: filePath({ description: 'PEM file with the trusted root certificate' }),
  cert: filePath({ description: 'PEM file with the certificate, then the intermediates' }),
  key: filePath({ description: 'PEM file with the private key (PKCS#8), mode 0600' }),
});

export type TlsFiles = Static<typeof tlsFilesSchema>;

/** The PEM files of a server, and whom it believes about who a client is. */
export const serverTlsFilesSchema = strictObject({
  ...tlsFilesSchema.properties,
  client_ca: Type.Optional(
    filePath({
      description:
        'PEM file with the root that certificates of clients are verified under; `ca` where absent. A common name is all that tells callers and operators apart, so nobody else may get a certificate under it',
    }),
  ),
});

export type ServerTlsFiles = Static<typeof serverTlsFilesSchema>;
