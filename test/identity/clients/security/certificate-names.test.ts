import 'reflect-metadata';
import * as x509 from '@peculiar/x509';
import { beforeAll, describe, expect, it } from 'vitest';
import { type CertificateNames, certificateHas, entriesOfNames } from '#identity/clients/security/certificate-names.ts';
import { securityIssues } from '#identity/clients/security/client-security.rules.ts';

let pem: string;
beforeAll(async () => {
  const keys = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify']);
  const names = new x509.SubjectAlternativeNameExtension([
    { type: 'dns', value: 'worker.acme.example' },
    { type: 'dns', value: '*.wild.example' },
    { type: 'url', value: 'spiffe://acme.example/worker' },
    { type: 'email', value: 'Worker@acme.example' },
    { type: 'ip', value: '192.0.2.7' },
    { type: 'ip', value: '2001:db8::7' },
  ]);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: [{ O: ['Acme'] }, { CN: ['worker'] }],
    keys,
    extensions: [names],
  });
  pem = certificate.toString('pem');
});

describe('the registered name of a client certificate', () => {
  it.each([
    ['subject_dn', 'CN=worker,O=Acme'],
    ['san_dns', 'worker.acme.example'],
    ['san_dns', 'WORKER.acme.example'],
    ['san_uri', 'spiffe://acme.example/worker'],
    ['san_email', 'Worker@acme.example'],
    ['san_ip', '192.0.2.7'],
    ['san_ip', '2001:0db8:0::7'],
  ] as const)('is found: %s %s', (name, value) => {
    expect(certificateHas(pem, name, value)).toBe(true);
  });

  it.each([
    ['subject_dn', 'CN=worker'],
    ['subject_dn', 'no name'],
    ['san_dns', 'acme.example'],
    ['san_dns', 'host.wild.example'],
    ['san_dns', 'worker'],
    ['san_uri', 'spiffe://acme.example/worker/'],
    ['san_email', 'worker@acme.example'],
    ['san_ip', '192.0.2.70'],
    ['san_dns', '192.0.2.7'],
  ] as const)('is not found: %s %s', (name, value) => {
    expect(certificateHas(pem, name, value)).toBe(false);
  });

  it.each<[string, CertificateNames, string]>([
    ['is none', {}, 'tls_client_auth_subject_dn'],
    ['are two', { san_dns: 'a.example', san_ip: '192.0.2.7' }, 'tls_client_auth_san_ip'],
    ['is no subject', { subject_dn: 'worker' }, 'tls_client_auth_subject_dn'],
    ['is no DNS name', { san_dns: '*.example' }, 'tls_client_auth_san_dns'],
    ['is no URI', { san_uri: 'worker' }, 'tls_client_auth_san_uri'],
    ['is no e-mail address', { san_email: 'worker' }, 'tls_client_auth_san_email'],
    ['is no IP address', { san_ip: 'worker.example' }, 'tls_client_auth_san_ip'],
  ])('is refused where it %s', (_what, certificateNames, field) => {
    expect(securityIssues('tls_client_auth', { certificateNames }).map((issue) => issue.field)).toEqual([field]);
  });

  it('is taken of a client that proves itself by it, and of no other', () => {
    const security = { certificateNames: { san_uri: 'spiffe://acme.example/worker' } };
    expect(entriesOfNames(security.certificateNames)).toHaveLength(1);
    expect(securityIssues('tls_client_auth', security)).toEqual([]);
    expect(securityIssues('client_secret_basic', security).map(({ field }) => field)).toEqual(['tls_client_auth_san_uri']);
  });
});
