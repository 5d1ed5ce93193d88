import type { X509Certificate } from 'node:crypto';
import { canonicalIp } from './ip-address.ts';

/** Names that a certificate is valid for. IP addresses as OpenSSL prints them are brought to their short form. */
export interface SubjectAlternativeNames {
  readonly dns: readonly string[];
  readonly email: readonly string[];
  readonly ip: readonly string[];
  readonly uri: readonly string[];
}

/**
 * The subject alternative names of a certificate.
 * Node prints a name that holds a comma or a quote as a JSON string, so that no name can pretend to be two.
 *
 * @see CVE-2021-44532
 */
export const subjectAlternativeNames = (certificate: X509Certificate): SubjectAlternativeNames => {
  const names = { dns: [] as string[], email: [] as string[], ip: [] as string[], uri: [] as string[] };
  for (const { kind, value } of entries(certificate.subjectAltName ?? '')) {
    if (kind === 'DNS') names.dns.push(value);
    if (kind === 'email') names.email.push(value);
    if (kind === 'IP Address') names.ip.push(canonicalIp(value));
    if (kind === 'URI') names.uri.push(value);
  }
  return names;
};

const ENTRY = /(?<kind>[^:,]+):(?<value>"(?:[^"\\]|\\.)*"|[^,"]*)(?:, |$)/y;

const entries = function* (text: string): Iterable<{ kind: string; value: string }> {
  ENTRY.lastIndex = 0;
  while (ENTRY.lastIndex < text.length) {
    const groups = ENTRY.exec(text)?.groups;
    // Entries after one that cannot be read are not believed.
    if (groups === undefined) return;
    const { kind = '', value = '' } = groups;
    yield { kind, value: value.startsWith('"') ? (JSON.parse(value) as string) : value };
  }
};
