#!/usr/bin/env node
/**
 * crypto.randomUUIDv7 of Node gives ids without an order within a millisecond; the package uuid gives rising ones.
 *
 * Guess:   UUIDv7 is made to be sorted by ("values … created approximately sequentially", RFC 9562 section 6.2), so two ids that one
 *          process makes one after the other compare in that order, as those of the package uuid do, and of uuidv7() in PostgreSQL 18.
 * Is:      Node fills all that follows the milliseconds with random bits: of two ids of one millisecond the later one is the smaller one in
 *          half of the cases.
 * Version: Node 26.10.0 beside uuid 14.0.3.
 * Source:  RFC 9562 sections 5.7 and 6.2 (the counter is optional); Node, doc/api/crypto.md, randomUUIDv7.
 * Who:     whoever takes such an id for the order of events, of audit records or of pages ("order by id"): rows of the same millisecond
 *          come in another order than they were written, and a page after a cursor may leave some out.
 *
 *   node findings/node-uuidv7-order.mjs
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const PROGRAM = `
import { randomUUIDv7 } from 'node:crypto';
import { v7 } from 'uuid';
const backwards = (make) => {
  const ids = Array.from({ length: 10_000 }, () => make());
  return ids.filter((id, index) => index > 0 && id < ids[index - 1]).length;
};
console.log(JSON.stringify({ node: process.version, randomUUIDv7: backwards(randomUUIDv7), uuid: backwards(v7) }));
`;

const folder = mkdtempSync(join(tmpdir(), 'uuidv7-'));
try {
  const runtime = `node-${process.platform}-${process.arch}`;
  const packages = [`${runtime}@26.10.0`, 'uuid@14.0.3'];
  execFileSync('npm', ['install', '--silent', '--no-audit', '--no-fund', '--prefix', folder, ...packages], { stdio: 'inherit' });
  writeFileSync(join(folder, 'program.mjs'), PROGRAM);
  const output = execFileSync(join(folder, 'node_modules', runtime, 'bin/node'), [join(folder, 'program.mjs')], { encoding: 'utf8' });
  const seen = JSON.parse(output);
  console.log(
    `Node ${seen.node}, of 10,000 ids in a row: crypto.randomUUIDv7 went backwards ${seen.randomUUIDv7} times, uuid ${seen.uuid} times`,
  );
  // Some thousand are made in a millisecond; none going backwards would take a counter.
  const isAsFound = seen.randomUUIDv7 > 100 && seen.uuid === 0;
  console.log(isAsFound ? 'As found.' : 'This has changed: look at the head of this file.');
  process.exitCode = isAsFound ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
