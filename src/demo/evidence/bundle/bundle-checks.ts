import { UNSAID } from '#demo/step/checker.ts';
import type { Outcome } from '#demo/outcome.ts';
import { faultOfCheck } from '#infra/evidence/bundle/checks-again.ts';
import type { BundleCheck } from '#infra/evidence/bundle/manifest.ts';
import { evaluate, render } from '#infra/evidence/evaluate.ts';
import type { Exchange, Json } from '#infra/evidence/exchange.ts';
import type { Basis } from '#infra/evidence/recipe.ts';
import type { Digests } from '../redact/digests.ts';
import { scrubbed } from '../redact/scrub.ts';

/**
 * The checks of a run as a bundle has them: with the values that its redacted exchanges show. One that these do not show any more counts
 * as observed.
 */
export const bundleChecks = (
  { steps }: Pick<Outcome, 'steps'>,
  { exchanges, digests }: { readonly exchanges: readonly Exchange[]; readonly digests: Digests },
): readonly BundleCheck[] => {
  const byId = new Map(exchanges.map((exchange) => [exchange.id, exchange]));
  const find = (id: string): Exchange | undefined => byId.get(id);
  return steps.flatMap(({ step, checks }) =>
    checks.map(({ id, title, status, expected, got, basis = { kind: 'observed' as const, why: UNSAID } }): BundleCheck => {
      const said = { step: step.id, id, title: scrubbed(title, digests), status };
      const observed = (why: string): BundleCheck => ({
        ...said,
        expected: scrubbed(expected, digests),
        got: scrubbed(got, digests),
        basis: { kind: 'observed', why },
      });
      if (basis.kind === 'observed') return observed(basis.why);
      const clean = scrubbed(basis as unknown as Json, digests) as unknown as Extract<Basis, { readonly kind: 'exchanges' }>;
      const values = { expected: render(evaluate(clean.expected, find)), got: render(evaluate(clean.got, find)) };
      const check: BundleCheck = { ...said, ...values, basis: clean };
      return faultOfCheck(check, find) === null ? check : observed('its record shows it no more, because a secret in it was digested');
    }),
  );
};
