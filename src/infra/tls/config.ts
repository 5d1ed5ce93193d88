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
        'PEM file with the root under which certificates of clients are verified; without it, `ca`. A common name is all that tells callers from operators, so nobody else may get a certificate under this root',
    }),
  ),
});

export type ServerTlsFiles = Static<typeof serverTlsFilesSchema>;
