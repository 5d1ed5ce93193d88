import { stripVTControlCharacters } from 'node:util';
import type { Output } from '../answer.ts';
import { logLine } from '../terminal/log-record.ts';
import type { Terminal } from '../terminal/terminal.ts';

export interface LogLineOptions {
  readonly terminal: Terminal;
  readonly output: Output;
  readonly service: string;
  /** Put the service's name before the line. */
  readonly named: boolean;
  readonly now: () => number;
}

const NAME_COLUMNS = 10;

/** One line of a service's log; with `json` and `structured` one JSON object a line, because a log has no end. */
export const writeLogLine = (line: string, { terminal, output, service, named, now }: LogLineOptions): void => {
  const { out, paintOut } = terminal;
  if (output === 'json') out.write(`${JSON.stringify({ service, line })}\n`);
  else if (output === 'structured') {
    out.write(
      `${logLine({ at: now(), severity: 'INFO', eventName: 'passthru.log', body: line, attributes: { 'passthru.service': service } })}\n`,
    );
  } else {
    const lead = named ? `${paintOut.cyan(service.padEnd(NAME_COLUMNS))} ` : '';
    // A log holds what clients sent: it must not steer the terminal.
    out.write(`${lead}${stripVTControlCharacters(line).replace(/[^\P{Cc}\t]/gu, '')}\n`);
  }
};
