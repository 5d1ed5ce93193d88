#!/usr/bin/env node
/**
 * A `host` header of a request by undici decides which name the certificate of the server is checked against.
 *
 * Guess:   the name in the URL is who is asked: TLS checks the certificate against it, and a `host` header tells the server alone which of
 *          its sites is meant, as with curl, whose `-H 'Host: …'` leaves TLS as it is.
 * Is:      undici takes the server name of TLS (SNI, and the name to check) from the header where there is one. A request to the right name
 *          with another `host` fails with ERR_TLS_CERT_ALTNAME_INVALID; a request to an address with the name as `host` is verified by that
 *          name.
 * Version: undici 8.12.4.
 * Source:  undici, docs/docs/api/Client.md, Connect options: `servername`, which names no header.
 * Who:     health probes, proxies and tests that ask a server by one name and want it to see another: a KMS behind a balancer, an issuer
 *          whose metadata name another host. What works: `connect: { servername }` of the Agent.
 *
 *   node findings/undici-host-header.mjs
 */
import { execFileSync } from 'node:child_process';
import { webcrypto } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:https';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const HOUR_MS = 3_600_000;

const folder = mkdtempSync(join(tmpdir(), 'undici-host-'));
let server;
try {
  const packages = ['undici@8.12.4', '@peculiar/x509@2.0.0', 'reflect-metadata@0.2.2'];
  execFileSync('npm', ['install', '--silent', '--no-audit', '--no-fund', '--prefix', folder, ...packages], { stdio: 'inherit' });
  const load = createRequire(join(folder, 'package.json'));
  load('reflect-metadata');
  const x509 = load('@peculiar/x509');
  const { Agent, request } = load('undici');
  console.log(`undici 8.12.4, Node ${process.version}`);

  // An authority, and a certificate of it for the name localhost.
  x509.cryptoProvider.set(webcrypto);
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const [authority, leaf] = [
    await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']),
    await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']),
  ];
  const times = { notBefore: new Date(Date.now() - HOUR_MS), notAfter: new Date(Date.now() + HOUR_MS), signingAlgorithm: algorithm };
  const root = await x509.X509CertificateGenerator.createSelfSigned({
    ...times,
    serialNumber: '01',
    name: 'CN=Root',
    keys: authority,
    extensions: [new x509.BasicConstraintsExtension(true, undefined, true)],
  });
  const certificate = await x509.X509CertificateGenerator.create({
    ...times,
    serialNumber: '02',
    subject: 'CN=localhost',
    issuer: root.subject,
    publicKey: leaf.publicKey,
    signingKey: authority.privateKey,
    extensions: [new x509.SubjectAlternativeNameExtension([{ type: 'dns', value: 'localhost' }])],
  });
  const key = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', leaf.privateKey)).toString('base64');
  const pem = `-----BEGIN PRIVATE KEY-----\n${key}\n-----END PRIVATE KEY-----\n`;

  server = createServer({ cert: certificate.toString('pem'), key: pem, minVersion: 'TLSv1.3' }, (asked, answer) =>
    answer.end(asked.headers.host),
  );
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address();

  const outcome = async (name, host) => {
    const dispatcher = new Agent({ connect: { ca: root.toString('pem') } });
    try {
      const { body } = await request(`https://${name}:${port}/`, { dispatcher, headers: host === null ? {} : { host } });
      await body.text();
      return 'verified';
    } catch (error) {
      return error.code;
    } finally {
      await dispatcher.close();
    }
  };

  const seen = {
    'https://localhost': await outcome('localhost', null),
    'https://localhost with host kms.example': await outcome('localhost', 'kms.example'),
    'https://127.0.0.1': await outcome('127.0.0.1', null),
    'https://127.0.0.1 with host localhost': await outcome('127.0.0.1', 'localhost'),
  };
  for (const [what, came] of Object.entries(seen)) console.log(`${what}: ${came}`);
  const refused = 'ERR_TLS_CERT_ALTNAME_INVALID';
  const isAsFound = Object.values(seen).join() === ['verified', refused, refused, 'verified'].join();
  console.log(isAsFound ? 'As found.' : 'This has changed: look at the head of this file.');
  process.exitCode = isAsFound ? 0 : 1;
} finally {
  server?.close();
  rmSync(folder, { recursive: true, force: true });
}
