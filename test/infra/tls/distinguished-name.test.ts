import 'reflect-metadata';
import { X509Certificate } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import { describe, expect, it } from 'vitest';
import { isSameName, parseDistinguishedName, subjectOf } from '#infra/tls/distinguished-name.ts';

/** A certificate with this subject, most general level first as it is encoded. */
const certificateOf = async (subject: x509.JsonName): Promise<X509Certificate> => {
  const keys = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({ name: subject, keys });
  return new X509Certificate(Buffer.from(certificate.rawData));
};

const fits = async (text: string, subject: x509.JsonName): Promise<boolean> => {
  const [expected, actual] = [parseDistinguishedName(text), subjectOf(await certificateOf(subject))];
  return expected !== undefined && actual !== undefined && isSameName(expected, actual);
};

describe('a distinguished name', () => {
  const subject: x509.JsonName = [{ C: ['DE'] }, { O: ['Acme, Inc.'] }, { CN: ['Jürgen" <x>+y=z'] }];

  it.each([
    ['its levels from the most specific on', 'CN=Jürgen\\" \\<x\\>\\+y=z,O=Acme\\, Inc.,C=DE'],
    ['spaces between the levels, and types in lower case', 'cn=Jürgen\\" \\<x\\>\\+y=z, o=Acme\\, Inc., c=DE'],
    ['octets that are escaped', 'CN=J\\C3\\BCrgen\\22 \\3Cx\\3E\\2By=z,O=Acme\\2C Inc.,C=DE'],
  ])('is that of a certificate with %s', async (_which, text) => {
    expect(await fits(text, subject)).toBe(true);
  });

  it.each([
    ['in the order of its encoding', 'C=DE,O=Acme\\, Inc.,CN=Jürgen\\" \\<x\\>\\+y=z'],
    ['with a level less', 'CN=Jürgen\\" \\<x\\>\\+y=z,O=Acme\\, Inc.'],
    ['with another letter', 'CN=jürgen\\" \\<x\\>\\+y=z,O=Acme\\, Inc.,C=DE'],
    ['with a comma that separates', 'CN=Jürgen\\" \\<x\\>\\+y=z,O=Acme, Inc.,C=DE'],
  ])('is not that of a certificate %s', async (_which, text) => {
    expect(await fits(text, subject)).toBe(false);
  });

  it('cannot be feigned by a value that looks like two levels', async () => {
    expect(await fits('CN=worker,O=Acme', [{ CN: ['worker,O=Acme'] }])).toBe(false);
    expect(await fits('CN=worker,O=Acme', [{ O: ['Acme\nCN=worker'] }])).toBe(false);
    expect(await fits('CN=worker,O=Acme', [{ O: ['Acme'] }, { CN: ['worker'] }])).toBe(true);
  });

  it.each(['', 'worker', 'CN=', 'CN=a,,O=b', '2.5.4.3=a', 'CN=#0401', 'CN=a+O'])('is not %j', (text) => {
    expect(parseDistinguishedName(text)).toBeUndefined();
  });

  it('has several attributes of one level in any order', () => {
    const [one, other] = [parseDistinguishedName('OU=b+CN=a,O=c'), parseDistinguishedName('CN=a+OU=b,O=c')];
    expect(one).toBeDefined();
    expect(one).toEqual(other);
  });
});
