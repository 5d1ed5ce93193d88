import { createPrivateKey, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { authorityNames } from './authority-names.ts';
import { permittedBy } from './constraints/name-constraints.ts';
import { isPermitted } from './constraints/permitted-names.ts';
import type { LeafOptions, StoredCa } from './authority.ts';
import { EXTENDED_KEY_USAGE } from './extended-key-usage.ts';
import { keyTypeOf, type CertificateKeyType } from './key-types.ts';
import { canonicalIp } from '../ip-address.ts';
import { subjectAlternativeNames } from '../subject-alternative-names.ts';

const DAY_MS = 86_400_000;
/** A leaf that ends sooner than this is made again. */
const LEAF_MARGIN_MS = 7 * DAY_MS;
/** CAs must outlive the leaves that they are about to sign. */
const CA_MARGIN_MS = 30 * DAY_MS;

export interface AuthorityExpectation {
  readonly length: number;
  readonly keyType: CertificateKeyType;
  /** DNS names and addresses that its certificates are to stand for. */
  readonly names?: readonly string[];
  /** Epoch milliseconds. */
  readonly now: number;
}

/** Why the chain cannot be used on, one clause; null when it can. */
export const checkAuthority = (cas: readonly StoredCa[], expected: AuthorityExpectation): string | null => {
  const names = authorityNames(expected.length);
  if (cas.map((ca) => ca.name).join() !== names.join()) return `the chain is not ${names.join(' → ')}`;
  let issuer: X509Certificate | null = null;
  for (const ca of cas) {
    const certificate = parse(ca.certPem);
    if (certificate === null) return `the ${ca.name} certificate cannot be read`;
    if (!certificate.ca) return `the ${ca.name} certificate is no CA`;
    if (!issuedBy(certificate, issuer ?? certificate)) return `the ${ca.name} certificate is not signed by the CA above it`;
    if (keyTypeOf(certificate.publicKey) !== expected.keyType) return `the ${ca.name} key is not ${expected.keyType}`;
    if (!holdsKey(certificate, ca.keyPem)) return `the ${ca.name} key does not belong to its certificate`;
    if (!isInTime(certificate, expected.now, CA_MARGIN_MS)) return `the ${ca.name} certificate expires soon, or is not valid yet`;
    const permitted = permittedBy(certificate);
    const foreign = expected.names?.find((name) => permitted !== null && !isPermitted(name, permitted));
    if (foreign !== undefined) return `the ${ca.name} certificate does not permit ${foreign}`;
    issuer = certificate;
  }
  return null;
};

/** Why the leaf cannot be used on, one clause; null when it can. `certPem` is the leaf, then the intermediates. */
export const checkLeaf = (
  leaf: { readonly certPem: string; readonly keyPem: string },
  expected: LeafOptions & { readonly cas: readonly StoredCa[]; readonly keyType: CertificateKeyType; readonly now: number },
): string | null => {
  const issuing = expected.cas.at(-1);
  const issuer = issuing === undefined ? null : parse(issuing.certPem);
  const certificate = parse(leaf.certPem);
  if (certificate === null || issuer === null) return 'it cannot be read';
  const intermediates = expected.cas.slice(1).toReversed();
  if (leaf.certPem.slice(leaf.certPem.indexOf('-----END CERTIFICATE-----') + 26) !== intermediates.map((ca) => ca.certPem).join('')) {
    return 'it does not carry our intermediates';
  }
  if (!issuedBy(certificate, issuer)) return 'it is not signed by our issuing CA';
  if (!holdsKey(certificate, leaf.keyPem)) return 'its key does not belong to it';
  if (keyTypeOf(certificate.publicKey) !== expected.keyType) return `its key is not ${expected.keyType}`;
  if (!isInTime(certificate, expected.now, LEAF_MARGIN_MS)) return 'it expires soon, or is not valid yet';
  if (certificate.keyUsage?.join() !== EXTENDED_KEY_USAGE[expected.kind]) return `it is no ${expected.kind} certificate`;
  if (certificate.toLegacyObject().subject?.CN !== expected.commonName) return 'it names another subject';
  if (namesOf(certificate) !== expectedNames(expected)) return 'it is valid for other names';
  return null;
};

const parse = (pem: string): X509Certificate | null => {
  try {
    return new X509Certificate(pem);
  } catch {
    // Whichever fault the text has, it is no certificate.
    return null;
  }
};

const issuedBy = (certificate: X509Certificate, issuer: X509Certificate) =>
  certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);

const holdsKey = (certificate: X509Certificate, keyPem: string): boolean => {
  try {
    return certificate.checkPrivateKey(createPrivateKey(keyPem));
  } catch {
    // A text that is no private key belongs to no certificate.
    return false;
  }
};

const isInTime = (certificate: X509Certificate, now: number, marginMs: number) =>
  Date.parse(certificate.validFrom) <= now && Date.parse(certificate.validTo) - marginMs > now;

const namesOf = (certificate: X509Certificate): string => {
  const names = subjectAlternativeNames(certificate);
  return canonicalNames({ dns: names.dns, ip: names.ip, uri: names.uri });
};

const expectedNames = ({ names = [], uriSans = [] }: LeafOptions): string =>
  canonicalNames({
    dns: names.filter((name) => isIP(name) === 0),
    ip: names.filter((name) => isIP(name) !== 0).map(canonicalIp),
    uri: uriSans,
  });

const canonicalNames = (names: { dns: readonly string[]; ip: readonly string[]; uri: readonly string[] }): string =>
  JSON.stringify([names.dns.toSorted(), names.ip.toSorted(), names.uri.toSorted()]);
