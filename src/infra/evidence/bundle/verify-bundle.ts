import { Buffer } from 'node:buffer';
import { hash, type X509Certificate } from 'node:crypto';
import { keptHeadOf } from '#infra/audit/kept-head.ts';
import { createExportVerifier } from '#infra/audit/verify-export.ts';
import { isNestedWithin } from '#infra/json/json-object.ts';
import type { Exchange } from '../exchange.ts';
import { commonNameOf, DOCUMENT_SIGNING, faultOfPath, fingerprintOf, hasFingerprint } from './certificate-path.ts';
import { checksAgain, isCheck } from './checks-again.ts';
import { BUNDLE_KIND, BUNDLE_VERSION, type BundleCheck, type BundleFiles, FILES, isExchangesFile, type Manifest } from './manifest.ts';
import { certificatesIn, verifyDetached } from './signature.ts';
import type { EvidenceFault, EvidenceVerdict } from './verdict.ts';

/** Objects and lists in one another, in a file of a bundle; the recipes of a demo make fourteen. */
const MAX_NESTING = 100;

export interface VerifyOptions {
  /** SHA-256 fingerprint of the root to trust, in hexadecimal; without it the one in the bundle is taken, which proves less. */
  readonly fingerprint?: string | undefined;
}

/**
 * Looks at every byte of a bundle: the signature of its manifest and the path to its authority, the hash of each file and that there is no
 * other, the audit, and each check from the exchange on which it rests. It asks nobody, and throws for nothing that stands in a bundle.
 */
export const verifyBundle = (files: BundleFiles, { fingerprint }: VerifyOptions = {}): EvidenceVerdict => {
  const faults: EvidenceFault[] = [];
  const fault = (where: string | null, what: string): void => void faults.push({ where, what });
  const read = <T>(path: string): T | null => {
    const bytes = files.get(path);
    if (bytes === undefined) return null;
    try {
      const value: unknown = JSON.parse(utf8(bytes));
      if (isNestedWithin(value, MAX_NESTING)) return value as T;
      fault(path, `has more than ${MAX_NESTING} objects and lists in one another`);
    } catch {
      fault(path, 'is no JSON');
    }
    return null;
  };

  const manifest = manifestIn(read(FILES.manifest));
  if (manifest === null)
    fault(FILES.manifest, files.has(FILES.manifest) ? 'is no manifest of this version' : 'is missing: this is no bundle');
  const signer = signerOf(files, { manifest, fingerprint, fault });
  for (const each of manifest === null ? [] : faultsOfFiles(files, manifest)) faults.push(each);

  const exchanges = [...files.keys()].filter(isExchangesFile).flatMap((path) => listIn<Exchange>(read(path)));
  const byId = new Map(exchanges.map((exchange) => [String(exchange?.id), exchange]));
  if (byId.size !== exchanges.length) fault(null, 'two exchanges have one id');
  const entries = listIn<unknown>(read<{ readonly checks?: unknown }>(FILES.checks)?.checks ?? null);
  const checks = entries.filter(isCheck);
  if (checks.length < entries.length) fault(FILES.checks, 'has an entry that is no check');
  const unsound = checksAgain(checks, (id) => byId.get(id));
  faults.push(...unsound);
  if (manifest !== null) for (const each of faultsOfCounts(manifest, checks, read(FILES.report))) faults.push(each);

  const repeatable = checks.filter(({ basis }) => basis.kind === 'exchanges').length;
  return {
    audit: auditOf(files, fault),
    holds: faults.length === 0,
    faults,
    run: manifest,
    files: { count: files.size, bytes: [...files.values()].reduce((sum, { length }) => sum + length, 0) },
    checks: {
      repeated: repeatable - unsound.length,
      observed: checks.length - repeatable,
      failed: checks.filter(({ status }) => status === 'failed').length,
    },
    exchanges: exchanges.length,
    signer,
    missing: manifest?.missing ?? [],
  };
};

const utf8 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8');
const listIn = <T>(value: unknown): readonly T[] =>
  Array.isArray(value) ? (value as readonly T[]).filter((each) => typeof each === 'object' && each !== null) : [];

const manifestIn = (value: unknown): Manifest | null => {
  if (!isObject(value)) return null;
  const { kind, version, passthru, command, engine, profile, outcome, files, checks, missing, created_at: at } = value;
  const areTexts = areStrings(passthru, command, engine, profile, outcome, at) && !Number.isNaN(Date.parse(String(at)));
  const isOurs = kind === BUNDLE_KIND && version === BUNDLE_VERSION && areTexts && isObject(checks);
  const areFiles = Array.isArray(files) && files.every((file: unknown) => isObject(file) && areStrings(file['path']));
  const areMissing = Array.isArray(missing) && missing.every((each: unknown) => isObject(each) && areStrings(each['what'], each['why']));
  return isOurs && areFiles && areMissing ? (value as unknown as Manifest) : null;
};

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null;
const areStrings = (...values: readonly unknown[]): boolean => values.every((each) => typeof each === 'string');

type Tell = (where: string | null, what: string) => void;

/** Whose good signature the manifest has, and by which root; a name that nothing vouches for is not told. */
const signerOf = (
  files: BundleFiles,
  { manifest, fingerprint, fault }: { readonly manifest: Manifest | null; readonly fingerprint: string | undefined; readonly fault: Tell },
): EvidenceVerdict['signer'] => {
  const [bytes, jws] = [files.get(FILES.manifest), files.get(FILES.signature)];
  if (bytes === undefined || manifest === null) return null;
  if (jws === undefined) {
    fault(FILES.signature, 'is missing: nobody signed this bundle');
    return null;
  }
  const signed = verifyDetached(bytes, utf8(jws));
  if ('fault' in signed) {
    fault(FILES.signature, signed.fault);
    return null;
  }
  const root = rootIn(files.get(FILES.ca));
  if (root === null) {
    fault(FILES.ca, 'holds no certificate');
    return null;
  }
  const at = Date.parse(manifest.created_at);
  const [leaf] = signed.chain;
  const broken = faultOfPath(signed.chain, { root, at });
  if (broken !== null) fault(FILES.signature, `has a certificate that leads to no root: ${broken}`);
  const isForDocuments = !leaf.ca && leaf.keyUsage?.includes(DOCUMENT_SIGNING) === true;
  if (!isForDocuments) fault(FILES.signature, 'is by a key whose certificate is not for documents');
  const isPinned = fingerprint !== undefined && hasFingerprint(root, fingerprint);
  const isOther = fingerprint !== undefined && !isPinned;
  if (isOther) fault(FILES.ca, `is not the root to trust, but ${fingerprintOf(root)}`);
  for (const each of faultsOfCertificates(files, { root, at })) fault(each.where, each.what);
  return broken !== null || !isForDocuments || isOther
    ? null
    : { name: commonNameOf(leaf), ca: fingerprintOf(root), ca_is_pinned: isPinned };
};

/** Each certificate in the bundle leads to its root. */
const faultsOfCertificates = (
  files: BundleFiles,
  trust: { readonly root: X509Certificate; readonly at: number },
): readonly EvidenceFault[] =>
  [...files].flatMap(([where, pem]) => {
    if (!where.startsWith('certificates/') || where === FILES.ca) return [];
    const what = faultOfPath(chainIn(pem), trust);
    return what === null ? [] : [{ where, what: `leads to no root: ${what}` }];
  });

const rootIn = (pem: Uint8Array | undefined): X509Certificate | null => chainIn(pem ?? new Uint8Array())[0] ?? null;

const chainIn = (pem: Uint8Array): readonly X509Certificate[] => {
  try {
    return certificatesIn(utf8(pem));
  } catch {
    // A text that is no certificate leads nowhere.
    return [];
  }
};

/** No file more, no file less, each with its bytes. */
const faultsOfFiles = (files: BundleFiles, manifest: Manifest): readonly EvidenceFault[] => {
  const listed = new Map(manifest.files.map((file) => [file.path, file]));
  const extra = [...files.keys()].filter((path) => !listed.has(path) && path !== FILES.manifest && path !== FILES.signature);
  const changed = manifest.files.flatMap(({ path, sha256, bytes }) => {
    const found = files.get(path);
    if (found === undefined) return [{ where: path, what: 'is missing' }];
    const isSame = found.length === bytes && hash('sha256', found, 'hex') === sha256;
    return isSame ? [] : [{ where: path, what: 'is not what the manifest names: it was changed' }];
  });
  return [...changed, ...extra.map((where) => ({ where, what: 'is not in the manifest' }))];
};

/** The numbers of the manifest, and the report, say no more than the checks. */
const faultsOfCounts = (manifest: Manifest, checks: readonly BundleCheck[], report: unknown): readonly EvidenceFault[] => {
  const count = (isSuch: (check: BundleCheck) => boolean): number => checks.filter(isSuch).length;
  const counted = {
    passed: count(({ status }) => status === 'passed'),
    failed: count(({ status }) => status === 'failed'),
    repeatable: count(({ basis }) => basis.kind === 'exchanges'),
    observed: count(({ basis }) => basis.kind !== 'exchanges'),
  };
  const { passed, failed, repeatable, observed } = manifest.checks;
  const isCounted = JSON.stringify(counted) === JSON.stringify({ passed, failed, repeatable, observed });
  const steps = listIn<{ readonly id: string; readonly status: string; readonly checks: unknown }>(
    (report as { readonly steps?: unknown } | null)?.steps,
  );
  const told = steps.flatMap(({ id, checks: own }) => listIn<BundleCheck>(own).map((check) => saidOf({ ...check, step: id })));
  const isTold = JSON.stringify(told) === JSON.stringify(checks.map(saidOf));
  const isGreen = failed === 0 && steps.every(({ status }) => status === 'passed');
  return [
    ...(isCounted ? [] : [{ where: FILES.manifest, what: 'counts other checks than there are' }]),
    ...(isTold ? [] : [{ where: FILES.report, what: 'tells of other checks than there are' }]),
    ...(manifest.outcome !== 'passed' || isGreen ? [] : [{ where: FILES.manifest, what: 'says passed, and not every step did' }]),
  ];
};

const saidOf = ({ step, id, title, status, expected, got }: BundleCheck): readonly string[] => [step, id, title, status, expected, got];

const auditOf = (files: BundleFiles, fault: Tell): EvidenceVerdict['audit'] => {
  const [lines, head] = [files.get(FILES.auditExport), files.get(FILES.auditHead)];
  if (lines === undefined) return null;
  const kept = head === undefined ? null : keptHeadOf(utf8(head));
  if (head !== undefined && kept === null) fault(FILES.auditHead, 'is no signed head');
  const verifier = createExportVerifier({ kept });
  for (const line of utf8(lines).split('\n').slice(0, -1)) verifier.take(line);
  const { faults, chains } = verifier.verdict();
  for (const { line, what } of faults) fault(FILES.auditExport, line === null ? what : `line ${line}: ${what}`);
  return { chains: chains.length, records: chains.reduce((sum, { records }) => sum + records, 0) };
};
