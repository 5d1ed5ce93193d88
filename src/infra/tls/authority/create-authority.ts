import { randomBytes, X509Certificate } from 'node:crypto';
import type { Authority, AuthorityOptions, StoredCa } from './authority.ts';
import { authorityNames } from './authority-names.ts';
import { signCertificate, signRoot } from './certificate-generator.ts';
import { generateKeyPair, privateKeyFromPem, privateKeyToPem, type CertificateKeyType } from './key-types.ts';

const DAY_MS = 86_400_000;
const AUTHORITY_DAYS = 3650;
const LEAF_DAYS = 90;

/**
 * Makes a chain of CAs; each may sign only as deep as the chain goes, and no leaf is signed by its own key. Every CA names what it
 * permits, the root too: RFC 5280 leaves the constraints of a trust anchor to its verifier (section 6.1.1), and some skip them.
 *
 * @throws TypeError for a length that is not a whole number from 1 to 9
 * @see RFC 5280 section 4.2.1.9
 */
export const createAuthority = async (options: AuthorityOptions = {}): Promise<Authority> => {
  const { length = 3, keyType = 'P-256', name = uniqueName(), days = AUTHORITY_DAYS, permitted, now = Date.now } = options;
  const names = authorityNames(length);
  const pairs = await Promise.all(names.map(() => generateKeyPair(keyType)));
  const at = now();
  const cas: { name: string; certPem: string; key: CryptoKey; keyPem: string }[] = [];
  for (const [depth, pair] of pairs.entries()) {
    const issuer = cas.at(-1);
    const request = {
      commonName: `${name} ${names[depth]} CA`,
      publicKey: pair.publicKey,
      now: at,
      notAfter: at + days * DAY_MS,
      profile: { kind: 'ca' as const, pathLength: length - 1 - depth, permitted },
    };
    const certPem =
      issuer === undefined
        ? await signRoot({ ...request, key: pair.privateKey, keyType })
        : await signCertificate({ ...request, issuer: { ...issuer, keyType } });
    cas.push({ name: names[depth] ?? '', certPem, key: pair.privateKey, keyPem: await privateKeyToPem(pair.privateKey) });
  }
  return authorityOf({ cas, keyType, now });
};

/** Two roots of one name are one to a database of NSS, which then takes the one for the other. */
const uniqueName = (): string => `passthru ${randomBytes(4).toString('hex')}`;

/** A chain as it was kept by `toPem`; the caller has checked it (`checkAuthority`). */
export const authorityFromPem = async (stored: readonly StoredCa[], now: () => number = Date.now): Promise<Authority> => {
  const issuing = stored.at(-1);
  if (issuing === undefined) throw new TypeError('an authority has at least one CA');
  const { key, keyType } = await privateKeyFromPem(issuing.keyPem);
  return authorityOf({ cas: stored.map((ca) => ({ ...ca, key })), keyType, now });
};

const authorityOf = (of: {
  cas: readonly (StoredCa & { readonly key: CryptoKey })[];
  keyType: CertificateKeyType;
  now: () => number;
}): Authority => {
  const { cas, keyType, now } = of;
  const [root] = cas;
  const issuing = cas.at(-1);
  if (root === undefined || issuing === undefined) throw new TypeError('an authority has at least one CA');
  const chainPem = cas
    .slice(1)
    .toReversed()
    .map((ca) => ca.certPem)
    .join('');
  const lastDay = Date.parse(new X509Certificate(issuing.certPem).validTo);
  return {
    rootPem: root.certPem,
    chainPem,
    names: cas.map((ca) => ca.name),
    keyType,
    toPem: () => cas.map(({ name, certPem, keyPem }) => ({ name, certPem, keyPem })),
    issue: async ({ kind, commonName, names = [], uriSans = [], days = LEAF_DAYS }) => {
      const at = now();
      const pair = await generateKeyPair(keyType);
      const certPem = await signCertificate({
        commonName,
        publicKey: pair.publicKey,
        issuer: { certPem: issuing.certPem, key: issuing.key, keyType },
        now: at,
        notAfter: Math.min(at + days * DAY_MS, lastDay),
        profile: { kind, names, uriSans },
      });
      return { certPem: certPem + chainPem, keyPem: await privateKeyToPem(pair.privateKey) };
    },
  };
};
