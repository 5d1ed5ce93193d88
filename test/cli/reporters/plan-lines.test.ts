import { Chalk } from 'chalk';
import { describe, expect, it } from 'vitest';
import type { PlanDocument } from '#cli/documents/plan.ts';
import { planLines } from '#cli/reporters/lines/plan-lines.ts';

const free = (...ports: readonly number[]) => ports.map((port) => ({ port, holder: null }));

const linesOf = (services: Pick<PlanDocument, 'services'>['services']): readonly string[] =>
  planLines(
    {
      version: 1,
      command: 'plan',
      exit_code: 0,
      run: 'demo all',
      engine: 'embedded',
      engine_reason: 'as asked for',
      profile: 'demo',
      services,
      missing_images: null,
      certificates: { authority: { state: 'missing' }, leaves: [] },
      data: [],
      steps: [],
      prediction: { duration_ms: null, runs: 0, start: 'fresh' },
      critical_path: [],
    } as unknown as PlanDocument,
    { paint: new Chalk({ level: 0 }), width: 120, isBrief: true },
  );

describe('The ports of a plan', () => {
  it('are one range where they lie beside each other, with those of each service', () => {
    const lines = linesOf([
      { service: 'identity', state: 'absent', ports: free(24_001, 24_003, 24_005) },
      { service: 'kms', state: 'absent', ports: free(24_000, 24_002) },
    ]);
    expect(lines).toContain('  Ports          24000 to 24005 · identity 24001, 24003, 24005 · kms 24000, 24002');
  });

  it('are those of each service alone where they lie apart', () => {
    const lines = linesOf([{ service: 'kms', state: 'absent', ports: free(8081, 9081) }]);
    expect(lines).toContain('  Ports          kms 8081, 9081');
  });
});
