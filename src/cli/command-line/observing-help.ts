export const LOGS_HELP = `
The lines of all parts on one time line, in UTC. On a terminal times and ids are short and long lines are
broken; a pipe has whole lines. --output json gives the records as they are, one a line. demo= marks a refusal
that a demo provoked, known by the trace id that this CLI noted when it asked: no trouble, unless it says
(failed). --tail counts the lines that are shown. docs/logs.md tells more.

Examples:
  passthru logs
  passthru logs -f --tail 20
  passthru logs --level warn --no-demo --since 10m
  passthru logs kms --trace 4bf92f35
  passthru logs --output json --since 14:30 > incident.jsonl`;

export const TRACE_HELP = `
The id stands in the lines of \`passthru logs\` (trace=), in the report of a demo and in the audit of the KMS
(trace_id). Services send their spans every second; a trace that is not there, or not whole, is waited for, 3 s
at most. Public listeners begin a trace of their own for a caller they do not believe: a link names his.

Examples:
  passthru trace
  passthru trace --failed --limit 5
  passthru trace 4bf92f35
  passthru trace 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01 -v
  passthru trace 4bf92f35 --output json`;
