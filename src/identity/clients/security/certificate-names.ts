import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { isSameName, parseDistinguishedName, subjectOf } from '#infra/tls/distinguished-name.ts';
import { canonicalIp } from '#infra/tls/ip-address.ts';
import { subjectAlternativeNames } from '#infra/tls/subject-alternative-names.ts';

/** By which of its names a certificate may stand for a client. @see RFC 8705 section 2.1.2 */
export const CERTIFICATE_NAMES = ['subject_dn', 'san_dns', 'san_uri', 'san_email', 'san_ip'] as const;
type CertificateName = (typeof CERTIFICATE_NAMES)[number];

/** What the certificate of a client says of itself; a client registers one name. */
export type CertificateNames = Readonly<Partial<Record<CertificateName, string>>>;

/** The field of a client and the column of its row that hold a name, as the registry of RFC 7591 has it. */
export const fieldOfName = <N extends CertificateName>(name: N): `tls_client_auth_${N}` => `tls_client_auth_${name}`;

/** The member of `ClientSecurity` for names; none where there are none. */
export const withNames = (names: CertificateNames): { readonly certificateNames?: CertificateNames } =>
  entriesOfNames(names).length === 0 ? {} : { certificateNames: names };

/** The names that are there, with their values. */
export const entriesOfNames = (names: CertificateNames): readonly (readonly [CertificateName, string])[] =>
  CERTIFICATE_NAMES.flatMap((name) => {
    const value = names[name];
    return value === undefined ? [] : [[name, value] as const];
  });

/** Whether a certificate could have the name in this form. */
const isWellFormed = (name: CertificateName, value: string): boolean => {
  if (name === 'subject_dn') return parseDistinguishedName(value) !== undefined;
  if (name === 'san_ip') return isIP(value) !== 0;
  if (name === 'san_uri') return URL.canParse(value);
  return name === 'san_email' ? /^[^@\s]+@[^@\s]+$/.test(value) : /^[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*$/.test(value);
};

/** Why a name could never be that of a certificate; undefined for one that could. */
export const certificateNameIssue = (name: CertificateName, value: string): string | undefined =>
  isWellFormed(name, value) ? undefined : 'is in no form that a certificate is compared with';

/**
 * Whether a certificate that was verified has a registered name, as it is: no wildcard stands for another one.
 *
 * @param pem of the certificate
 */
export const certificateHas = (pem: string, name: CertificateName, value: string): boolean => {
  const certificate = new X509Certificate(pem);
  const { dns, email, ip, uri } = subjectAlternativeNames(certificate);
  if (name === 'san_dns') return dns.some((each) => each.toLowerCase() === value.toLowerCase());
  if (name === 'san_uri') return uri.includes(value);
  if (name === 'san_email') return email.includes(value);
  if (name === 'san_ip') return ip.includes(canonicalIp(value));
  const [expected, subject] = [parseDistinguishedName(value), subjectOf(certificate)];
  return expected !== undefined && subject !== undefined && isSameName(expected, subject);
};
