import { stripVTControlCharacters } from 'node:util';
import type { ServiceHealth, StackStatus } from '#demo/health/status.ts';
import { unreachable } from '#infra/apperr/app-error.ts';
import type { CommandContext } from '#cli/context/command-context.ts';
import { statusLine, statusLines } from '#cli/reporters/lines/status-lines.ts';
import { columnsOf, cut } from '#cli/reporters/terminal/layout.ts';
import { logLine } from '#cli/reporters/terminal/log-record.ts';
import { visibleJson } from '#cli/reporters/terminal/visible.ts';
import { statusDocument, statusRecord } from './status-result.ts';

/** Where a status is shown that goes on. */
export interface StatusScreen {
  show(status: StackStatus): void;
}

/** All that a change is about; time goes by without one. */
const keyOf = ({ service, state, pid, address, cause }: ServiceHealth): string => JSON.stringify([service, state, pid, address, cause]);

/**
 * A table that is repainted in place on a terminal; a line for each change of a service elsewhere; with `json` and `structured` one
 * document, or record, for each change. The modes of the terminal stay as they are, so that nothing has to be set back at the end.
 */
export const createStatusScreen = (context: Pick<CommandContext, 'command' | 'settings' | 'terminal' | 'process'>): StatusScreen => {
  const { command, settings, terminal, process } = context;
  const { out, paintOut: paint } = terminal;
  const write = (line: string): void => void out.write(`${line}\n`);
  const isRepainted = settings.output === 'human' && out.isTTY === true && terminal.animated;
  let before: readonly string[] = [];
  let painted = '';
  let paintedLines = 0;

  const repaint = ({ services }: StackStatus): void => {
    const columns = out.columns ?? terminal.width;
    // A line that the terminal broke would take two, and the next table would begin in the middle of this one.
    const lines = statusLines(services, { paint, width: Math.min(columns, terminal.width) }).map((line) => whole(line, columns));
    const text = lines.join('\n');
    if (text === painted) return;
    const back = paintedLines === 0 ? '' : `\x1b[${paintedLines}A\x1b[J`;
    out.write(`${back}${text}\n`);
    painted = text;
    paintedLines = lines.length;
  };

  return {
    show: (status) => {
      if (isRepainted) return repaint(status);
      const changed = status.services.filter((service) => !before.includes(keyOf(service)));
      before = status.services.map(keyOf);
      if (changed.length === 0) return;
      switch (settings.output) {
        case 'human':
          return changed.forEach((service) => write(statusLine(service, { paint, now: process.now() })));
        case 'json':
          return write(visibleJson(JSON.stringify(statusDocument(command, status))));
        case 'structured':
          return changed.map(statusRecord).forEach(({ body, failed = false, attributes }) => {
            const severity = failed ? 'ERROR' : 'INFO';
            write(logLine({ at: process.now(), severity, eventName: `passthru.${command}`, body, attributes }));
          });
        default:
          return unreachable(settings.output);
      }
    },
  };
};

/** A painted line that is too long is cut without its colours. */
const whole = (line: string, columns: number): string => {
  const plain = stripVTControlCharacters(line);
  return columnsOf(plain) <= columns ? line : cut(plain, columns);
};
