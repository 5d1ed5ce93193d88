/** A thing that does not hold. */
export interface EvidenceFault {
  /** Where it stands: a file, or `step check` of a check; null: the bundle as a whole. */
  readonly where: string | null;
  readonly what: string;
}

/** What came of looking at a bundle. */
export interface EvidenceVerdict {
  readonly holds: boolean;
  readonly faults: readonly EvidenceFault[];
  /** Of the run, as the manifest says; null where that cannot be read. */
  readonly run: {
    readonly command: string;
    readonly engine: string;
    readonly profile: string;
    readonly outcome: string;
    readonly created_at: string;
    readonly passthru: string;
  } | null;
  readonly files: { readonly count: number; readonly bytes: number };
  readonly checks: {
    /** Made again from their exchanges, with the same result. */
    readonly repeated: number;
    /** No record can show them: the word of the run. */
    readonly observed: number;
    /** Of all of them, those that failed in the run. */
    readonly failed: number;
  };
  readonly exchanges: number;
  /** Whose signature the manifest has; null where it has none that is good. */
  readonly signer: { readonly name: string; readonly ca: string; readonly ca_is_pinned: boolean } | null;
  /** Null where the bundle has no audit. */
  readonly audit: { readonly chains: number; readonly records: number } | null;
  readonly missing: readonly { readonly what: string; readonly why: string }[];
}
