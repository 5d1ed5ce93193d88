#!/usr/bin/env node
/**
 * The newest undici cannot be used with the fetch of any Node but the newest: an Agent of undici 8 makes fetch fail in Node 22 and 24.
 *
 * Guess:   fetch of Node is undici, and takes `dispatcher`; so `fetch(url, { dispatcher: new Agent({ connect: { ca } }) })` with the package
 *          from npm is how a program trusts a private authority, on every Node that the package supports ("engines": ">=22.19.0").
 * Is:      undici 8 changed what a dispatcher calls its handler. Its Agent works with fetch of Node 26, and in Node 22 and 24 every request
 *          ends as `fetch failed`, cause UND_ERR_INVALID_ARG `invalid onRequestStart method`, before anything is sent. With undici 6 it is
 *          the other way round: Node 26 refuses it. undici 7 goes with all three.
 * Version: undici 6.29.1, 7.30.2 and 8.12.4 with Node 22.23.3, 24.21.0 and 26.10.0.
 * Source:  undici, docs/docs/api/Dispatcher.md, Dispatcher.dispatch; https://github.com/vatesfr/xen-orchestra/issues/10411.
 * Who:     an application that calls servers with certificates of a private authority from Node. What works everywhere: fetch and Agent
 *          from the same package, or NODE_EXTRA_CA_CERTS and no Agent.
 *
 *   node findings/undici-agent-in-global-fetch.mjs
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const NODES = ['22.23.3', '24.21.0', '26.10.0'];
const UNDICIS = ['6.29.1', '7.30.2', '8.12.4'];

const PROGRAM = `
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
const { Agent, fetch: ownFetch } = createRequire(import.meta.url)(process.argv[2]);
const server = createServer((request, response) => response.end('here')).listen(0, '127.0.0.1');
await once(server, 'listening');
const url = \`http://127.0.0.1:\${server.address().port}/\`;
const ask = async (fetch) => {
  const dispatcher = new Agent();
  const answer = await fetch(url, { dispatcher }).then((response) => response.text(), (error) => error.cause?.message ?? error.message);
  await dispatcher.close();
  return answer;
};
console.log(JSON.stringify([await ask(fetch), await ask(ownFetch)]));
server.close();
server.closeAllConnections();
`;

const folder = mkdtempSync(join(tmpdir(), 'undici-fetch-'));
try {
  const runtime = `node-${process.platform}-${process.arch}`;
  const aliases = [
    ...NODES.map((version) => `node-${version}@npm:${runtime}@${version}`),
    ...UNDICIS.map((version) => `undici-${version}@npm:undici@${version}`),
  ];
  execFileSync('npm', ['install', '--silent', '--no-audit', '--no-fund', '--prefix', folder, ...aliases], { stdio: 'inherit' });
  writeFileSync(join(folder, 'program.mjs'), PROGRAM);

  /** What fetch of this Node, and fetch of the package itself, answer with an Agent of the package. */
  const seen = UNDICIS.map((undici) =>
    NODES.map((node) => {
      const program = [join(folder, 'program.mjs'), `undici-${undici}`];
      const output = execFileSync(join(folder, `node_modules/node-${node}/bin/node`), program, { encoding: 'utf8' });
      const [globalFetch, ownFetch] = JSON.parse(output);
      console.log(`Agent of undici ${undici} on Node ${node}: global fetch → ${globalFetch}; fetch of the package → ${ownFetch}`);
      return { works: globalFetch === 'here', ownWorks: ownFetch === 'here' };
    }),
  );
  const works = seen.map((row) => row.map((cell) => cell.works).join());
  const isAsFound =
    works[0] === 'true,true,false' &&
    works[1] === 'true,true,true' &&
    works[2] === 'false,false,true' &&
    seen.flat().every((cell) => cell.ownWorks);
  console.log(isAsFound ? 'As found.' : 'This has changed: look at the head of this file.');
  process.exitCode = isAsFound ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
