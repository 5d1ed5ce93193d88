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
