import type { Report } from '#demo/report.ts';
import { tailText } from '#cli/reporters/lines/root-cause-lines.ts';

/** The report with the lines of the log as people read them, as the terminal has them. */
export const withReadableTail = (report: Report): Report => {
  const { root_cause: cause } = report;
  return cause === null ? report : { ...report, root_cause: { ...cause, log_tail: cause.log_tail.map(tailText) } };
};
