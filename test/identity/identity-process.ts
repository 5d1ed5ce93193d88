/** Identity as a process: `node identity-process.ts <plain|demo|reset-demo> <config file>…`; what keeps it from starting is one JSON line on stderr. */
import { failureFrom } from '#infra/apperr/result.ts';
import { serveIdentity } from '#identity/main.ts';

const [mode, ...configFiles] = process.argv.slice(2);
await serveIdentity({ configFiles, demo: mode === 'demo', resetDemo: mode === 'reset-demo' }).catch((error: unknown) => {
  process.stderr.write(`${JSON.stringify(failureFrom(error))}\n`);
  process.exitCode = 1;
});
