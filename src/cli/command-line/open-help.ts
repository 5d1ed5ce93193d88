export const OPEN_HELP = `
The page of the KMS and that of Identity are where the stack was last started; report is the page that the
last run with --report wrote. Over SSH, in a pipeline, without a screen, and where stdout is no terminal,
only the address is printed.

Examples:
  passthru open
  passthru open report
  passthru open identity --output json`;
