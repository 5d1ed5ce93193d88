export const STATUS_HELP = `
A service is ready when it answers so; one that is not tells why. Nothing that was not started is missed.
With --watch a terminal repaints its table; elsewhere there is a line for each change, and with --output json
a document for each, one a line. A stack that is started meanwhile is found. Ctrl-C ends it with the exit code
of the last look; --wait ends it once all that should run is ready.

Exit codes: 0 all that was started is ready · 1 something is not, or nothing was started · 64 usage

Examples:
  passthru status
  passthru status --watch
  passthru status --wait 60s && npm test
  passthru status --watch --output json | jq --unbuffered .ready`;

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
