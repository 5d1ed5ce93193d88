import { hash } from 'node:crypto';
import { BUNDLE_KIND, BUNDLE_VERSION, FILES, type Manifest } from '#infra/evidence/bundle/manifest.ts';
import { signDetached } from '#infra/evidence/bundle/signature.ts';
import type { BundleFile } from './bundle-files.ts';
import type { WholeRun } from './whole-run.ts';

/** A key that signs one manifest, and its certificate with those above it. */
export interface DocumentSigner {
  readonly certPem: string;
  readonly keyPem: string;
}

/** The files of a bundle with the manifest that names each, and the signature over that. A stack that has no authority signs none. */
export const sealed = (
  files: readonly BundleFile[],
  {
    report,
    checks,
    facts,
    createdAt,
    version,
    signer,
  }: Pick<WholeRun, 'report' | 'checks' | 'facts' | 'createdAt' | 'version'> & { readonly signer: DocumentSigner | null },
): readonly BundleFile[] => {
  const manifest: Manifest = {
    version: BUNDLE_VERSION,
    kind: BUNDLE_KIND,
    created_at: createdAt,
    passthru: version,
    command: report.command,
    engine: report.engine,
    profile: report.profile,
    outcome: report.outcome,
    exit_code: report.exit_code,
    checks: {
      passed: checks.filter(({ status }) => status === 'passed').length,
      failed: checks.filter(({ status }) => status === 'failed').length,
      repeatable: checks.filter(({ basis }) => basis.kind === 'exchanges').length,
      observed: checks.filter(({ basis }) => basis.kind === 'observed').length,
    },
    missing: facts.missing,
    files: files
      .map(([path, text]) => ({ path, bytes: Buffer.byteLength(text), sha256: hash('sha256', text, 'hex') }))
      .toSorted((a, b) => (a.path < b.path ? -1 : 1)),
  };
  const text = `${JSON.stringify(manifest, null, 2)}\n`;
  const signature = signer === null ? [] : [[FILES.signature, signDetached(Buffer.from(text), signer)] as const];
  return [...files, [FILES.manifest, text], ...signature];
};
