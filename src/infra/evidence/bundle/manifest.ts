import type { Basis } from '../recipe.ts';

/**
 * A bundle: the folder that a run with `--evidence` leaves. `docs/evidence.md` tells its format, and `docs/schemas` has the schemas of its
 * files; here are the names and types that writing and verifying share. This folder needs nothing but Node, because a verifier made of
 * it alone lies in each bundle.
 */
export const BUNDLE_KIND = 'passthru-evidence';
export const BUNDLE_VERSION = 1;

/** The files that a verifier looks into; of all others it looks at the hash. */
export const FILES = {
  manifest: 'manifest.json',
  signature: 'manifest.jws',
  ca: 'certificates/ca.pem',
  checks: 'checks.json',
  report: 'report.json',
  auditExport: 'audit/export.jsonl',
  auditHead: 'audit/head.json',
} as const;

/** Where the exchanges of a step lie. */
export const exchangesFile = (stepId: string): string => `exchanges/${stepId}.json`;
export const isExchangesFile = (path: string): boolean => path.startsWith('exchanges/') && path.endsWith('.json');

export interface ManifestFile {
  /** Relative, with `/` between folders. */
  readonly path: string;
  readonly bytes: number;
  /** Lower-case hexadecimal. */
  readonly sha256: string;
}

/** `manifest.json` */
export interface Manifest {
  readonly version: typeof BUNDLE_VERSION;
  readonly kind: typeof BUNDLE_KIND;
  /** RFC 3339, by the clock of the machine of the run. */
  readonly created_at: string;
  readonly passthru: string;
  readonly command: string;
  readonly engine: string;
  readonly profile: string;
  readonly outcome: string;
  readonly exit_code: number;
  readonly checks: { readonly passed: number; readonly failed: number; readonly repeatable: number; readonly observed: number };
  /** Parts of a bundle that could not be had, each with the reason. */
  readonly missing: readonly { readonly what: string; readonly why: string }[];
  /** Every file but the manifest and its signature, by path. */
  readonly files: readonly ManifestFile[];
}

/** A check in `checks.json`. */
export interface BundleCheck {
  readonly step: string;
  readonly id: string;
  readonly title: string;
  readonly status: 'passed' | 'failed';
  readonly expected: string;
  readonly got: string;
  readonly basis: Basis;
}

/** The files of a bundle by their paths. */
export type BundleFiles = ReadonlyMap<string, Uint8Array>;
