#!/usr/bin/env node
/**
 * readLines of a FileHandle, and node:readline below it, end lines at U+2028 and U+2029, too: a file of JSON lines is torn apart.
 *
 * Guess:   a line ends with a line feed, perhaps behind a carriage return, as the documentation says of `crlfDelay`; JSON may hold U+2028
 *          and U+2029 in its strings as they are (RFC 8259 section 7), and JSON.stringify leaves them so. So what was written as lines of
 *          JSON is read as the same lines.
 * Is:      U+2028 and U+2029 end a line. Of two lines of JSON, one of which has such a character in a string, three come out, two of which
 *          are no JSON.
 * Version: Node 26.10.0.
 * Source:  Node, doc/api/fs.md, filehandle.readLines, and doc/api/readline.md, which name `\n`, `\r` and `\r\n` only; RFC 8259 section 7.
 * Who:     whoever reads logs, audit records or exports by line: a name that somebody chose makes a record unreadable, or two of one.
 *
 *   node findings/node-readlines-line-separator.mjs
 */
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folder = await mkdtemp(join(tmpdir(), 'readlines-'));
try {
  const file = join(folder, 'records.jsonl');
  await writeFile(file, `${JSON.stringify({ name: 'one\u2028two' })}\n${JSON.stringify({ name: 'three' })}\n`);
  const handle = await open(file);
  const lines = [];
  for await (const line of handle.readLines()) lines.push(line);
  console.log(`Node ${process.version} reads 2 lines of JSON as ${lines.length}: ${lines.map((line) => JSON.stringify(line)).join(', ')}`);
  const isAsFound = lines.length === 3;
  console.log(isAsFound ? 'As found.' : 'This has changed: look at the head of this file.');
  process.exitCode = isAsFound ? 0 : 1;
} finally {
  await rm(folder, { recursive: true, force: true });
}
