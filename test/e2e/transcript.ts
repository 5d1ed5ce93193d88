import type { Report } from '#demo/report.ts';

export interface Place {
  readonly ports: { readonly kms: number; readonly identity: number };
}

const UUID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;
const TIME = /\d+ min \d{2} s|\d+(?:\.\d+)? m?s\b/g;

/** Each port under the name of what listens there, so that two that were swapped are seen. */
const namedPorts = ({ ports: { kms, identity } }: Place): ReadonlyMap<string, string> =>
  new Map(
    Object.entries({
      kms,
      'kms-admin': kms + 1000,
      telemetry: kms + 2000,
      'telemetry-health': kms + 3000,
      identity,
      'identity-admin': identity + 1000,
      partner: identity + 3000,
    }).map(([name, port]) => [String(port), `<port of ${name}>`]),
  );

const withoutPorts = (text: string, place: Place): string => {
  const names = namedPorts(place);
  return text.replaceAll(/(?<=localhost:)\d+/g, (port) => names.get(port) ?? port);
};

/**
 * The lines of a run of `demo`, without what two engines cannot have in common: the name of the engine and why it was chosen,
 * times (and with them the services that had to be waited for), ports and ids. Nothing else is changed.
 */
export const transcriptOf = ({ stderr, stdout }: { readonly stderr: string; readonly stdout: string }, place: Place): readonly string[] =>
  withoutPorts(`${stderr}${stdout}`, place)
    .replace(/^(passthru .*) {3}engine .* · profile /, '$1   engine <engine> · profile ')
    .replaceAll(/--engine \w+/g, '--engine <engine>')
    .replaceAll(/--port-(kms|identity) \d+/g, '--port-$1 <port>')
    .replaceAll(UUID, '<id>')
    // The time at the right edge takes as much of the space before it as it needs.
    .replaceAll(new RegExp(` *(?:${TIME.source})$`, 'gm'), ' <time>')
    .replaceAll(TIME, '<time>')
    // A long line of the summary is broken after its first time.
    .replace(/(?<= failed in <time>)\s+(?=\()/, ' ')
    .replace(/(?:, waited for [a-z]+(?: → [a-z]+)+)?\)$/m, '; <waited for>)')
    .split('\n');

/** Every check of a report with what was expected and what came, but for ports and ids. */
export const checksOf = ({ steps }: Report, place: Place): readonly string[] =>
  steps.flatMap(({ id, title, status, checks }) => [
    `${id} ${title}: ${status}`,
    ...checks.map((check) =>
      withoutPorts(`  ${check.id} ${check.title}: ${check.status}, expected ${check.expected}, got ${check.got}`, place).replaceAll(
        UUID,
        '<id>',
      ),
    ),
  ]);
