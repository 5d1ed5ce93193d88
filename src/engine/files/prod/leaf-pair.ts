import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { missingIs } from '#infra/apperr/system-error.ts';
import { AppError } from '#infra/apperr/app-error.ts';
import { isObject, jsonObject } from '#infra/json/json-object.ts';
import { writeFileAtomic } from '#infra/files/atomic-file.ts';
import type { Leaf } from '#infra/tls/authority/authority.ts';
import { subjectAlternativeNames } from '#infra/tls/subject-alternative-names.ts';
import { type Access, PUBLIC, writeInPlace } from './container-file.ts';

/** A certificate and its key, as two files of a folder. */
export interface LeafPair {
  readonly cert: string;
  readonly key: string;
  /**
   * Holds both texts while they are written, the old ones and the new ones: two files cannot be replaced as one. By the old ones
   * themselves, no digests, a half-written file is known: its beginning is new, its rest old.
   */
  readonly journal: string;
  readonly keyAccess: Access;
}

/** A certificate as an operator asks about it. */
export interface CertificateFacts {
  readonly file: string;
  /** Subject alternative names, DNS names and IP addresses; the common name of a client. */
  readonly names: readonly string[];
  /** Epoch milliseconds. */
  readonly endsAt: number;
  readonly certificate: X509Certificate;
}

export const leafPair = (folder: string, name: string, keyAccess: Access): LeafPair => ({
  cert: join(folder, `${name}.pem`),
  key: join(folder, `${name}.key`),
  journal: join(folder, `.${name}.renewal`),
  keyAccess,
});

/** Writes both files in place. A crash at any moment leaves what `finishPair` completes. */
export const writePair = async (pair: LeafPair, { certPem, keyPem }: Leaf): Promise<void> => {
  const old = await textsOf(pair);
  await writeFileAtomic(pair.journal, JSON.stringify({ certPem, keyPem, old }), { mode: 0o600 });
  await finishPair(pair);
};

/**
 * Completes the writing that an interrupted run began. Files that somebody else wrote since then are left alone, and the journal too.
 *
 * @returns whether there was any
 * @throws AppError `renewal-unreadable`, `renewal-overtaken`
 */
export const finishPair = async (pair: LeafPair): Promise<boolean> => {
  const { cert, key, journal, keyAccess } = pair;
  const text = await readOrNull(journal);
  if (text === null) return false;
  const { certPem, keyPem, old } = jsonObject(text) ?? {};
  if (typeof certPem !== 'string' || typeof keyPem !== 'string') {
    throw new AppError('renewal-unreadable', 500, `${journal}, which a renewal left, cannot be read`, {
      fix: 'Remove it, then run the command again.',
    });
  }
  const [found, before] = [await textsOf(pair), isObject(old) ? old : {}];
  const others = [
    ...(isOnItsWay(found.keyPem, before['keyPem'], keyPem) ? [] : [key]),
    ...(isOnItsWay(found.certPem, before['certPem'], certPem) ? [] : [cert]),
  ];
  if (others.length > 0) {
    throw new AppError('renewal-overtaken', 409, `${others.join(' and ')} changed after a renewal was cut off, which left ${journal}`, {
      fix: `To keep the files that are there, remove ${journal}. To complete the renewal, move ${cert} and ${key} away. Then run the command again.`,
    });
  }
  // The key first: a reader of the new certificate finds its key.
  await writeInPlace(key, keyPem, keyAccess);
  await writeInPlace(cert, certPem, PUBLIC);
  await rm(journal);
  return true;
};

/** Whether a file is absent, the old one, the new one, or what `writeInPlace` made of the two when it was cut off. */
const isOnItsWay = (found: string | null, old: unknown, text: string): boolean => {
  if (found === null) return true;
  let same = 0;
  while (same < Math.min(found.length, text.length) && found[same] === text[same]) same += 1;
  return same === found.length || (typeof old === 'string' && found.slice(same) === old.slice(same));
};

/**
 * The certificate of a pair; null where neither file is there.
 *
 * @throws AppError `certificate-incomplete`, `certificate-unreadable`, `certificate-without-its-key`
 */
export const readPair = async ({ cert, key }: LeafPair): Promise<CertificateFacts | null> => {
  const { certPem, keyPem } = await textsOf({ cert, key });
  if (certPem === null && keyPem === null) return null;
  if (certPem === null || keyPem === null) {
    const [there, absent] = certPem === null ? [key, cert] : [cert, key];
    throw new AppError('certificate-incomplete', 500, `${there} is there, and ${absent} is not`, {
      fix: `Put the other one in its place, or move ${there} away: then both are made again.`,
    });
  }
  const certificate = readable(cert, () => new X509Certificate(certPem));
  const isOwn = readable(key, () => certificate.checkPrivateKey(createPrivateKey(keyPem)));
  if (!isOwn) {
    throw new AppError('certificate-without-its-key', 500, `${key} is not the key of ${cert}`, {
      fix: 'Put the right key there, or move both away: then they are made again.',
    });
  }
  const { dns, ip } = subjectAlternativeNames(certificate);
  const names = [...dns, ...ip];
  const subject = String(certificate.toLegacyObject().subject?.CN ?? '');
  return { file: cert, names: names.length > 0 ? names : [subject], endsAt: Date.parse(certificate.validTo), certificate };
};

const textsOf = async ({ cert, key }: Pick<LeafPair, 'cert' | 'key'>) => ({
  certPem: await readOrNull(cert),
  keyPem: await readOrNull(key),
});

const readOrNull = (path: string): Promise<string | null> => readFile(path, 'utf8').catch(missingIs<string | null>(null));

const readable = <T>(file: string, read: () => T): T => {
  try {
    return read();
  } catch (cause) {
    throw new AppError('certificate-unreadable', 500, `${file} cannot be read as PEM`, {
      cause,
      fix: 'Put a certificate in PEM there, its intermediates after it, and its key in PKCS#8 beside it.',
    });
  }
};
