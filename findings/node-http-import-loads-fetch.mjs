#!/usr/bin/env node
/**
 * `import { STATUS_CODES } from 'node:http'` has Node load the whole of its fetch and WebSocket, which `require('node:http')` does not.
 *
 * Guess:   a module of Node's own costs the same by `import` and by `require`, and Node loads its undici when fetch or WebSocket is used.
 * Is:      an `import` makes a list of every export and reads each one, also those that nobody asked for. Three of `node:http` are getters
 *          (WebSocket, CloseEvent, MessageEvent) that load undici. It costs more than the start of Node itself, and some MiB.
 *          `process.getBuiltinModule('node:http')` gives the same module without; so does a bundler that leaves `require` as it is.
 * Version: Node 26.10.0; the issue names 22.18.
 * Source:  nodejs/node issue 59686 (open); lib/http.js, lazyUndici; lib/internal/bootstrap/realm.js, syncExports.
 * Who:     whoever writes a command, a health probe or a server that starts often: koa and oidc-provider import it so.
 *
 *   node findings/node-http-import-loads-fetch.mjs
 */
import { execFileSync } from 'node:child_process';

const CASES = {
  nothing: '',
  'require by getBuiltinModule': "const { STATUS_CODES } = process.getBuiltinModule('node:http');",
  import: "import { STATUS_CODES } from 'node:http';",
};

const REPORT = `
const { user, system } = process.cpuUsage();
const hasFetch = process.moduleLoadList.includes('NativeModule internal/deps/undici/undici');
console.log(JSON.stringify({ hasFetch, cpu: (user + system) / 1000 }));`;

console.log(`Node ${process.versions.node}`);
const found = Object.entries(CASES).map(([name, code]) => {
  const runs = Array.from({ length: 9 }, () =>
    JSON.parse(execFileSync(process.execPath, ['--input-type=module', '--eval', `${code}${REPORT}`], { encoding: 'utf8' })),
  );
  const cpu = runs.map((run) => run.cpu).toSorted((a, b) => a - b)[4];
  console.log(
    `${name}: fetch and WebSocket are ${runs[0].hasFetch ? 'loaded' : 'not loaded'}, ${cpu.toFixed(0)} ms of processor time so far`,
  );
  return runs.map((run) => run.hasFetch);
});

const isAsFound = found.flat().length === 27 && !found[0].includes(true) && !found[1].includes(true) && !found[2].includes(false);
console.log(isAsFound ? 'As found.' : 'This has changed: look at the head of this file.');
process.exitCode = isAsFound ? 0 : 1;
