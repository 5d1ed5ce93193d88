import type { Static } from 'typebox';
import { filePath, strictObject } from '#infra/config/schema.ts';

/** Three PEM files of one end of a TLS connection: whom it trusts, its certificate with the intermediates, its private key. */
export const tlsFilesSchema = strictObject({
  ca: filePath({ description: 'PEM file with the trusted root certificate' }),
  cert: filePath({ description: 'PEM file with the certificate, then the intermediates' }),
  key: filePath({ description: 'PEM file with the private key (PKCS#8), mode 0600' }),
});

export type TlsFiles = Static<typeof tlsFilesSchema>;
