#!/usr/bin/env node
/**
 * Since Go 1.26 a certificate with a URN among its names is refused below any authority with name constraints, whatever these are about.
 *
 * Guess:   name constraints for DNS names and addresses say nothing about URIs: "Restrictions apply only when the specified name form is
 *          present" (RFC 5280 section 4.2.1.10), so a URI `urn:uuid:…` among the subject alternative names does no harm. So it was in
 *          Go 1.25, and is in OpenSSL 3 and in Java 17.
 * Is:      Go 1.26 and 1.27 read every URI of the certificate as soon as some constraint is in the chain, and refuse one without a host:
 *          `URI with empty host ("urn:…") cannot be matched against constraints`.
 * Version: Go 1.25.9 beside Go 1.26.8, by GOTOOLCHAIN.
 * Source:  RFC 5280 section 4.2.1.10; Go, crypto/x509/constraints.go, parseURIs.
 * Who:     whoever limits a private root by name constraints (as for a root that people are to trust) and names workloads or tenants by a
 *          URN in client certificates: every peer in Go, the OpenTelemetry Collector for one, refuses them after its update. A URI with
 *          a host (spiffe://…) passes.
 *
 *   node findings/go-urn-under-name-constraints.mjs     needs Go 1.21 or newer; fetches the two toolchains through the module proxy
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Makes a root limited to the DNS name localhost, and verifies leaves below it that differ in their one URI. */
const PROGRAM = `package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"net/url"
	"time"
)

func main() {
	key, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	until := time.Now().Add(time.Hour)
	authority := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Root"}, NotAfter: until, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign, PermittedDNSDomainsCritical: true, PermittedDNSDomains: []string{"localhost"},
	}
	der, _ := x509.CreateCertificate(rand.Reader, authority, authority, key.Public(), key)
	root, _ := x509.ParseCertificate(der)
	roots := x509.NewCertPool()
	roots.AddCert(root)
	for _, name := range []string{"", "spiffe://localhost/worker", "urn:uuid:6ba7b810-9dad-41d1-80b4-00c04fd430c8"} {
		leaf := &x509.Certificate{
			SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "worker"}, NotAfter: until, DNSNames: []string{"localhost"},
			KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
		}
		if uri, err := url.Parse(name); err == nil && name != "" {
			leaf.URIs = []*url.URL{uri}
		}
		der, _ := x509.CreateCertificate(rand.Reader, leaf, root, key.Public(), key)
		certificate, _ := x509.ParseCertificate(der)
		_, err := certificate.Verify(x509.VerifyOptions{Roots: roots, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
		fmt.Printf("%q: %v\\n", name, err)
	}
}
`;

const folder = mkdtempSync(join(tmpdir(), 'go-urn-'));
/** What the program prints when this version of Go runs it. */
const run = (version) => {
  const { status, stdout, stderr } = spawnSync('go', ['run', 'main.go'], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, GOTOOLCHAIN: version, GOFLAGS: '-mod=mod' },
  });
  console.log(`${version}\n${(status === 0 ? stdout : stderr).trim().replaceAll(/^/gm, '  ')}`);
  return status === 0 ? stdout.trim().split('\n') : [];
};

try {
  writeFileSync(join(folder, 'main.go'), PROGRAM);
  const [before, after] = ['go1.25.9', 'go1.26.8'].map(run);
  const isAsFound =
    before.length === 3 &&
    before.every((line) => line.endsWith('<nil>')) &&
    after.slice(0, 2).every((line) => line.endsWith('<nil>')) &&
    after[2]?.includes('URI with empty host') === true;
  console.log(isAsFound ? 'As found.' : 'This has changed: look at the head of this file.');
  process.exitCode = isAsFound ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
