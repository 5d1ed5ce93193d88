import { counted } from '#infra/lines/counted.ts';
import { printable } from '#infra/lines/printable.ts';
import type { EvidenceFault, EvidenceVerdict } from './verdict.ts';

/** Faults that are printed; one changed file may break many checks. */
const MAX_PRINTED = 20;

/** A verdict for people, a line each. A bundle may come from anybody: no text of it breaks a line, or steers the terminal. */
export const linesOfVerdict = (verdict: EvidenceVerdict): readonly string[] =>
  rowsOf(verdict).map(([label, text]) => `${label.padEnd(LABEL)}${printable(text)}`);

/** Columns of a label, with the space behind it. */
const LABEL = 11;

const rowsOf = ({
  holds,
  faults,
  run,
  files,
  checks,
  exchanges,
  signer,
  audit,
  missing,
}: EvidenceVerdict): readonly (readonly [label: string, text: string])[] => [
  ['Holds', holds ? 'yes' : `no: ${counted(faults.length, 'fault')}`],
  ...rowsOfRun(run),
  ['Files', `${files.count}, ${Math.ceil(files.bytes / 1024)} KiB`],
  ['Signature', signer === null ? 'none that is good' : `${signer.name}, under the root ${signer.ca}`],
  ['Trust', trustOf(signer)],
  [
    'Checks',
    `${checks.repeated} made again from ${counted(exchanges, 'recorded exchange')}, ${checks.observed} observed by the run alone; ${checks.failed} failed in the run`,
  ],
  ...(audit === null ? [] : [['Audit', `${counted(audit.records, 'record')} in ${counted(audit.chains, 'chain')}`] as const]),
  ...missing.map(({ what, why }) => ['Missing', `${what}: ${why}`] as const),
  ...faults.slice(0, MAX_PRINTED).map((fault) => ['Fault', textOfFault(fault)] as const),
  ...(faults.length > MAX_PRINTED ? [['', `and ${faults.length - MAX_PRINTED} more`] as const] : []),
];

const rowsOfRun = (run: EvidenceVerdict['run']) =>
  run === null
    ? []
    : [['Run', `passthru ${run.command}, engine ${run.engine}, profile ${run.profile}: ${run.outcome}, ${run.created_at}`] as const];

/** A fault for people. */
export const lineOfFault = (fault: EvidenceFault): string => printable(textOfFault(fault));

const textOfFault = ({ where, what }: EvidenceFault): string => `${where === null ? '' : `${where} `}${what}`;

const trustOf = (signer: EvidenceVerdict['signer']): string => {
  if (signer === null) return 'nothing here is vouched for';
  if (signer.ca_is_pinned) return 'the root is the one that you named: its owner vouches for the run';
  return 'the root is the one in the bundle: it agrees with itself, and anybody could have made it; name the root with --ca or --fingerprint';
};
