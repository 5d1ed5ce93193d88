import { DRILLS } from '#demo/drills/drills.ts';
import type { DrillName } from '#infra/magic/drill-names.ts';
import type { CommandContext } from '#cli/context/command-context.ts';
import type { DrillsDocument } from '#cli/documents/drills.ts';
import { EXIT, type ExitCode } from '#cli/process/exit-codes.ts';
import { drillLines } from '#cli/reporters/lines/drill-lines.ts';

/** `passthru drill --list`: what each breaks, and what must hold; no stack is asked. */
export const listDrills = ({ command, terminal, printer }: CommandContext, names: readonly DrillName[]): Promise<ExitCode> => {
  const drills = names.map((name) => {
    const { title, breaks, mustHold, source, engines } = DRILLS[name];
    return { name, title, breaks, must_hold: mustHold, source, engines: [...engines] };
  });
  const document: DrillsDocument = { version: 1, command, exit_code: EXIT.passed, drills };
  printer.result({
    document,
    lines: drillLines(drills, { paint: terminal.paintOut, width: terminal.width }),
    records: drills.map(({ name, breaks, must_hold, source, engines }) => ({
      body: `${name}: ${breaks}`,
      attributes: {
        'passthru.drill': name,
        'passthru.drill.must_hold': must_hold,
        'passthru.drill.source': source,
        'passthru.engines': engines.join(','),
      },
    })),
  });
  return Promise.resolve(EXIT.passed);
};
