import { isAbsolute } from 'node:path';
import type { TrustOutcome, TrustState } from '#stack/trust/change-trust.ts';
import type { StackRoot } from '#stack/trust/trust-of-stack.ts';
import type { TrustDocument } from '#cli/documents/trust.ts';
import type { PrintedCommand } from '#cli/settings/printed-command.ts';
import type { TrustCommands } from './trust-commands.ts';
import { wrapText } from '#cli/reporters/terminal/layout.ts';
import { shortPath } from '#cli/shell/words.ts';

const [LABEL, WIDTH] = [10, 100] as const;

const WORDS: Readonly<Record<TrustState, string>> = {
  trusted: 'trusted',
  added: 'added, and trusted now',
  removed: 'removed',
  absent: 'not there',
  blocked: 'left as it is',
  failed: 'failed',
};

const MARKS: Readonly<Record<TrustState, string>> = { trusted: '✓', added: '✓', removed: '✓', absent: '·', blocked: '·', failed: '✗' };

/** One place and its state; below it why, and the fix. */
export const outcomeLines = ({ place, state, why, fix }: TrustOutcome, cwd: string, printedCommand: PrintedCommand): readonly string[] => {
  const path = isAbsolute(place.path) ? shortPath(place.path, cwd) : place.path;
  return [
    `${MARKS[state]} ${path} (${place.readers}): ${WORDS[state]}${why === '' ? '' : `: ${why}`}`,
    ...(fix === '' ? [] : [`    fix  ${fix.replaceAll(/`passthru ([^`]+)`/g, (_, words: string) => `\`${printedCommand(words)}\``)}`]),
  ];
};

export const outcomeDocument = ({ place, state, fingerprint, why, fix }: TrustOutcome): TrustDocument['stores'][number] => ({
  ...place,
  state,
  fingerprint_sha256: fingerprint,
  why,
  fix,
});

/** The root, what it can vouch for, and until when. */
export const rootLines = ({ file, fingerprint, endsAt, permitted }: StackRoot, cwd: string): readonly string[] => [
  row('CA', `${shortPath(file, cwd)}, until ${new Date(endsAt).toISOString().slice(0, 10)}`),
  row('SHA-256', fingerprint),
  ...limitsOf(permitted).map((line, at) => row(at === 0 ? 'Limits' : '', line)),
];

const limitsOf = (permitted: StackRoot['permitted']): readonly string[] =>
  wrapText(
    permitted === null
      ? 'none: an earlier version made it; `down --volumes` and a new start make one that is limited'
      : `it can vouch for ${permitted.join(', ')}, and for nothing else`,
    WIDTH - LABEL,
  );

export const programLines = ({ program, commands, note }: TrustCommands): readonly string[] => [
  ...commands.map((command, at) => row(at === 0 ? program : '', command)),
  ...(note === '' ? [] : [row('', `(${note})`)]),
];

const row = (label: string, text: string): string => `${label.padEnd(LABEL)}${text}`;
