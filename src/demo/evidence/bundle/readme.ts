import { namedIn, type Recipe } from '#infra/evidence/recipe.ts';
import { counted } from '#infra/lines/counted.ts';
import { type BundleCheck, exchangesFile } from '#infra/evidence/bundle/manifest.ts';
import type { WholeRun } from './whole-run.ts';

/** The first page of a bundle: what the run was, how to check it, and every check with the exchange on which it rests. */
export const readmeOf = ({ report, checks, exchanges, createdAt, version, facts }: Omit<WholeRun, 'verifier'>): string => {
  const failed = checks.filter(({ status }) => status === 'failed').length;
  const repeatable = checks.filter(({ basis }) => basis.kind === 'exchanges').length;
  const head = [
    `# Evidence of \`passthru ${report.command}\``,
    '',
    `- Outcome: **${report.outcome}**, exit code ${report.exit_code}, ${counted(report.steps.length, 'step')}, ${counted(checks.length, 'check')}, ${failed} failed`,
    `- When: ${createdAt}, after ${(report.duration_ms / 1000).toFixed(1)} s`,
    `- With: passthru ${version}, engine ${report.engine} (${report.engine_reason}), profile ${report.profile}, Node ${facts.runtime.node}`,
    `- Rests on: ${counted(exchanges.length, 'recorded request')}; ${counted(repeatable, 'check')} can be made again from them, ${checks.length - repeatable} are the word of the run`,
    '',
    '## Check it',
    '',
    '    npx passthru evidence verify . --fingerprint <of the root that you trust>',
    '    node verify.mjs . --fingerprint <of the root that you trust>',
    '',
    'Both do the same. Take the first where you did not make this bundle: a program that came with what it checks can say anything.',
    'Without a fingerprint the bundle shows that it agrees with itself. `passthru trust` tells the fingerprint on the machine of the run.',
    '',
    '## Read it',
    '',
    ...FOLDERS.map(([name, what]) => `- \`${name}\`: ${what}`),
    '',
    'Each secret has `[secret …]` in its place: a digest under a key that was thrown away, the same for the same secret.',
    ...facts.missing.flatMap(({ what, why }) => ['', `Missing: ${what}, because ${why}.`]),
    '',
    '## Checks',
    '',
    'Behind each check stand the exchanges on which it rests; *observed* is the word of the run, with the reason.',
  ];
  const steps = report.steps.flatMap((step) => {
    const own = checks.filter((check) => check.step === step.id);
    const error = step.error === null ? [] : ['', `Error \`${step.error.code}\`: ${step.error.message}`];
    const link = exchanges.some((exchange) => exchange.step === step.id) ? `, [exchanges](${exchangesFile(step.id)})` : '';
    return ['', `### ${step.title} (\`${step.id}\`): ${step.status}${link}`, ...error, '', ...own.map(lineOf)];
  });
  return `${[...head, ...steps].join('\n')}\n`;
};

const FOLDERS = [
  ['checks.json', 'each check: what was expected, what came, and how both are taken from exchanges'],
  ['exchanges/', 'every request and its answer, a file for each step'],
  ['plan.json, events.jsonl, report.json, junit.xml', 'the run: what was to be done, what happened, what came of it'],
  ['certificates/', 'the root, and each certificate with its authorities'],
  ['configuration/, environment.json', 'how the stack was set up, and of what: images and packages'],
  ['audit/', 'the audit of the KMS, and its signed head'],
  ['traces.jsonl', 'spans of the requests, as the collector received them'],
  ['manifest.json, manifest.jws', 'the hash of each file, and the signature over them'],
] as const;

const lineOf = ({ title, expected, got, status, basis }: BundleCheck): string => {
  const value = status === 'passed' ? `\`${got}\`` : `\`${got}\` instead of \`${expected}\``;
  const rests = basis.kind === 'observed' ? `*observed: ${basis.why}*` : idsOf(basis);
  return `- ${status === 'passed' ? '✓' : '✗'} ${title}: ${value} · ${rests}`;
};

/** Exchanges that a line names one by one. */
const MAX_NAMED = 6;

const idsOf = ({ expected, got }: { readonly expected: Recipe; readonly got: Recipe }): string => {
  const ids = [...new Set([...namedIn(expected), ...namedIn(got)])];
  return ids.length <= MAX_NAMED ? ids.join(', ') : `${ids.slice(0, MAX_NAMED).join(', ')} and ${ids.length - MAX_NAMED} more`;
};
