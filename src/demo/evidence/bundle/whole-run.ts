import type { DemoEvent } from '#demo/events.ts';
import type { Plan } from '#demo/plan.ts';
import type { Report } from '#demo/report.ts';
import type { NamedText } from '#engine/engine.ts';
import type { BundleCheck } from '#infra/evidence/bundle/manifest.ts';
import type { Exchange } from '#infra/evidence/exchange.ts';

/** A run, all of it. */
export interface WholeRun {
  readonly plan: Plan;
  readonly events: readonly DemoEvent[];
  readonly report: Report;
  readonly checks: readonly BundleCheck[];
  readonly exchanges: readonly Exchange[];
  readonly facts: Facts;
  /** RFC 3339 */
  readonly createdAt: string;
  readonly version: string;
  /** The program that checks a bundle. */
  readonly verifier: string;
}

/** The surroundings of a run that a bundle holds beside what the run itself told. */
export interface Facts {
  /** PEM of the root; null where the stack never got one. */
  readonly caPem: string | null;
  /** Each with the authorities above it, as PEM. */
  readonly certificates: readonly NamedText[];
  /** Configuration files as they are, secrets too; in YAML or JSON. */
  readonly configuration: readonly NamedText[];
  readonly images: readonly { readonly part: string; readonly image: string; readonly id: string }[];
  /** Versions by the name of the package. */
  readonly packages: Readonly<Record<string, string>>;
  readonly runtime: { readonly node: string; readonly platform: string; readonly arch: string };
  /** Null where there is no KMS to ask. */
  readonly audit: { readonly head: string; readonly lines: string } | null;
  /** A line of JSON each. */
  readonly spans: readonly string[];
  /** Parts that could not be had. */
  readonly missing: readonly { readonly what: string; readonly why: string }[];
}
