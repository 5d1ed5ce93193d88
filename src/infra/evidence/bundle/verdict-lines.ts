import type { EvidenceVerdict } from './verdict.ts';

/** Faults that are printed; one changed file may break many checks. */
const MAX_PRINTED = 20;

const plural = (count: number, one: string): string => `${count} ${one}${count === 1 ? '' : 's'}`;

/** A verdict for people, a line each. */
export const linesOfVerdict = ({
  holds,
  faults,
  run,
  files,
  checks,
  exchanges,
  signer,
  audit,
  missing,
}: EvidenceVerdict): readonly string[] => [
  `Holds      ${holds ? 'yes' : `no: ${plural(faults.length, 'fault')}`}`,
  ...(run === null
    ? []
    : [`Run        passthru ${run.command}, engine ${run.engine}, profile ${run.profile}: ${run.outcome}, ${run.created_at}`]),
  `Files      ${files.count}, ${Math.ceil(files.bytes / 1024)} KiB`,
  ...(signer === null ? ['Signature  none that is good'] : [`Signature  ${signer.name}, under the root ${signer.ca}`]),
  `Trust      ${trustOf(signer)}`,
  `Checks     ${checks.repeated} made again from ${plural(exchanges, 'recorded exchange')}, ${checks.observed} observed by the run alone; ${checks.failed} failed in the run`,
  ...(audit === null ? [] : [`Audit      ${plural(audit.records, 'record')} in ${plural(audit.chains, 'chain')}`]),
  ...missing.map(({ what, why }) => `Missing    ${what}: ${why}`),
  ...faults.slice(0, MAX_PRINTED).map(({ where, what }) => `Fault      ${where === null ? '' : `${where} `}${what}`),
  ...(faults.length > MAX_PRINTED ? [`           and ${faults.length - MAX_PRINTED} more`] : []),
];

const trustOf = (signer: EvidenceVerdict['signer']): string => {
  if (signer === null) return 'nothing here is vouched for';
  if (signer.ca_is_pinned) return 'the root is the one that you named: its owner vouches for the run';
  return 'the root is the one in the bundle: it agrees with itself, and anybody could have made it; name the root with --ca or --fingerprint';
};
