// tsyringe inside @peculiar/x509 refuses to load without it.
import 'reflect-metadata';
import { randomBytes } from 'node:crypto';
import { isIP } from 'node:net';
import * as x509 from '@peculiar/x509';
import { NAME_CONSTRAINTS, nameConstraints } from './constraints/name-constraints.ts';
import type { PermittedNames } from './constraints/permitted-names.ts';
import { EXTENDED_KEY_USAGE } from './extended-key-usage.ts';
import { signingAlgorithm, type CertificateKeyType } from './key-types.ts';

/** Clocks of two machines differ a little; a certificate made now must be valid on a slower one. */
const BACKDATE_MS = 5 * 60_000;

export interface CertificateRequest {
  readonly commonName: string;
  readonly publicKey: CryptoKey;
  /** Absent for the root, which signs itself. */
  readonly issuer: { readonly certPem: string; readonly key: CryptoKey; readonly keyType: CertificateKeyType };
  /** Epoch milliseconds. */
  readonly now: number;
  readonly notAfter: number;
  readonly profile:
    | { readonly kind: 'ca'; readonly pathLength: number; readonly permitted?: PermittedNames | undefined }
    | {
        readonly kind: 'server' | 'client' | 'document';
        readonly names: readonly string[];
        readonly uriSans: readonly string[];
      };
}

/**
 * Signs one certificate.
 *
 * @returns PEM
 * @see RFC 5280 section 4.2, CA/Browser Forum Baseline Requirements section 7.1
 */
export const signCertificate = async (request: CertificateRequest): Promise<string> => {
  const issuer = new x509.X509Certificate(request.issuer.certPem);
  const authorityKeyId = await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey, false, crypto);
  return generate(request, { issuer: issuer.subject, signer: request.issuer, authorityKeyId });
};

/** The root: the only certificate that is signed by its own key. Same options as `signCertificate`, `issuer` being its own key. */
export const signRoot = async (
  request: Omit<CertificateRequest, 'issuer'> & { key: CryptoKey; keyType: CertificateKeyType },
): Promise<string> => generate(request, { issuer: subjectOf(request.commonName), signer: request, authorityKeyId: null });

const generate = async (
  request: Omit<CertificateRequest, 'issuer'>,
  by: { issuer: x509.JsonName | string; signer: { key: CryptoKey; keyType: CertificateKeyType }; authorityKeyId: x509.Extension | null },
): Promise<string> => {
  const certificate = await x509.X509CertificateGenerator.create(
    {
      serialNumber: randomSerial(),
      subject: subjectOf(request.commonName),
      issuer: by.issuer,
      notBefore: new Date(request.now - BACKDATE_MS),
      notAfter: new Date(request.notAfter),
      publicKey: request.publicKey,
      signingKey: by.signer.key,
      signingAlgorithm: signingAlgorithm(by.signer.keyType),
      extensions: [
        ...profileExtensions(request.profile),
        await x509.SubjectKeyIdentifierExtension.create(request.publicKey, false, crypto),
        ...(by.authorityKeyId === null ? [] : [by.authorityKeyId]),
      ],
    },
    crypto,
  );
  return `${certificate.toString('pem')}\n`;
};

const profileExtensions = (profile: CertificateRequest['profile']): x509.Extension[] => {
  if (profile.kind === 'ca') {
    const { permitted } = profile;
    return [
      new x509.BasicConstraintsExtension(true, profile.pathLength, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      ...(permitted === undefined ? [] : [new x509.Extension(NAME_CONSTRAINTS, true, new Uint8Array(nameConstraints(permitted)))]),
    ];
  }
  const names: x509.JsonGeneralNames = [
    ...profile.names.map((name) => ({ type: isIP(name) === 0 ? ('dns' as const) : ('ip' as const), value: name })),
    ...profile.uriSans.map((uri) => ({ type: 'url' as const, value: uri })),
  ];
  return [
    new x509.BasicConstraintsExtension(false, undefined, true),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
    new x509.ExtendedKeyUsageExtension([EXTENDED_KEY_USAGE[profile.kind]], false),
    ...(names.length === 0 ? [] : [new x509.SubjectAlternativeNameExtension(names, false)]),
  ];
};

/**
 * The generator gives quotes, commas and a leading `#` a meaning of their own; no name of ours needs them.
 *
 * @throws TypeError for a name with other characters, or longer than 64
 */
const subjectOf = (commonName: string): x509.JsonName => {
  if (!/^[\p{L}\p{N}][\p{L}\p{N} ._@:/-]{0,63}$/u.test(commonName)) throw new TypeError(`${JSON.stringify(commonName)} is no common name`);
  return [{ O: ['passthru'] }, { CN: [commonName] }];
};

/** 128 random bits but for the sign bit, which is zero because a serial number is positive, and the bit after it, which fixes the length. */
const randomSerial = (): string => {
  const bytes = randomBytes(16);
  bytes.writeUInt8((bytes.readUInt8(0) & 0x3f) | 0x40, 0);
  return bytes.toString('hex');
};
