import type { DemoEvent, Emit } from '#demo/events.ts';
import { bundleChecks } from '#demo/evidence/bundle/bundle-checks.ts';
import { bundleFiles } from '#demo/evidence/bundle/bundle-files.ts';
import { type DocumentSigner, sealed } from '#demo/evidence/bundle/sealed-bundle.ts';
import type { Facts } from '#demo/evidence/bundle/whole-run.ts';
import type { Recorder } from '#demo/evidence/recorder.ts';
import type { Outcome } from '#demo/outcome.ts';
import type { Plan } from '#demo/plan.ts';
import type { Report } from '#demo/report.ts';
import { failureFrom } from '#infra/apperr/result.ts';
import { verifierText } from '#infra/evidence/verifier-text.ts';
import { packageVersion } from '#infra/process/package-version.ts';
import { documentSigner } from '#stack/evidence/stack-evidence.ts';
import { PACKAGE_ROOT } from '#infra/process/package-root.ts';
import type { Stack } from '#stack/stack.ts';
import type { CommandContext } from '#cli/context/command-context.ts';
import { EXIT, type ExitCode } from '#cli/process/exit-codes.ts';
import { checkEvidenceFolder, writeEvidence } from './evidence-folder.ts';
import { stackFacts } from './stack-facts.ts';

/** What a run with `--evidence` does beside its work; a run without it keeps nothing, and all of this does nothing. */
export interface EvidenceRun {
  /** Takes every event of the run. */
  readonly emit: Emit;
  /** To be called once the steps are done, while the stack is up. */
  gather(stack: Stack, plan: Plan, outcome: Outcome): Promise<void>;
  /** Leaves the bundle, however the run ended. @returns its folder, and the exit code: of a run that passed and left none, another */
  write(outcome: Outcome, report: Report): Promise<{ readonly exitCode: ExitCode; readonly folder?: string }>;
}

const NONE: EvidenceRun = {
  emit: () => {},
  gather: async () => {},
  write: async ({ exitCode }) => ({ exitCode }),
};

/**
 * @param recorder has the exchanges of the run; null where nobody keeps them
 * @throws as `checkEvidenceFolder`, before anything is started
 */
export const openEvidence = async (context: CommandContext, recorder: Recorder | null): Promise<EvidenceRun> => {
  const { settings, printer, process } = context;
  const { evidence: folder, stateDir } = settings;
  if (folder === undefined || recorder === null) return NONE;
  await checkEvidenceFolder(folder);
  const { digests, exchanges } = recorder;
  const events: DemoEvent[] = [];
  let gathered: { readonly plan: Plan; readonly facts: Facts; readonly signer: DocumentSigner | null } | null = null;
  return {
    emit: (event) => void events.push(event),
    gather: async ({ engine }, plan, outcome) => {
      const traceIds = new Set(outcome.requests.flatMap(({ traceId }) => traceId ?? []));
      const facts = await stackFacts({ stateDir, engine, hasKms: plan.services.includes('kms'), traceIds });
      gathered = { plan, facts, signer: await documentSigner(stateDir) };
    },
    write: async (outcome, report) => {
      if (gathered === null) throw new TypeError('evidence is written after it was gathered');
      const { plan, facts, signer } = gathered;
      const checks = bundleChecks(outcome, recorder);
      const [version, createdAt, verifier] = [packageVersion(), new Date(process.now()).toISOString(), await verifierText()];
      const run = { plan, events, report, checks, exchanges, facts, createdAt, version, verifier };
      const files = bundleFiles(run, { digests, places: { [stateDir]: '<state-folder>', [PACKAGE_ROOT]: '<package>' } });
      try {
        await writeEvidence(folder, sealed(files, { ...run, signer }));
      } catch (thrown) {
        printer.failure(failureFrom(thrown), { exitCode: EXIT.partial, readerOnly: true });
        return { exitCode: outcome.exitCode || EXIT.partial };
      }
      if (signer === null) printer.remark('! the evidence is not signed: this stack has no authority');
      return { exitCode: outcome.exitCode, folder };
    },
  };
};
