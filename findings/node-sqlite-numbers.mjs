#!/usr/bin/env node
/**
 * node:sqlite binds every number as a REAL, whole ones too: 5 in a column of texts reads '5.0', 7 / 2 is 3.5, and JSON has 5.0.
 *
 * Guess:   Number.isInteger(5), so it is bound as an INTEGER, as the table of the documentation has `number` in both rows, INTEGER and REAL.
 * Is:      only a bigint and a boolean are bound as INTEGER. A column with INTEGER or NUMERIC affinity turns the REAL back, so tests with such
 *          columns see nothing; expressions, columns of TEXT, BLOB or no type, json_object and string concatenation keep it.
 * Version: Node 26.10.0.
 * Source:  Node, node:sqlite, "Type conversion between JavaScript and SQLite"; SQLite, "Datatypes In SQLite", section 3 on affinity.
 * Who:     whoever stores ids or counters as text, divides in SQL, or builds JSON there. What works: a BigInt, or CAST(? AS INTEGER).
 *
 *   node findings/node-sqlite-numbers.mjs
 */
import { DatabaseSync } from 'node:sqlite';

const db = new DatabaseSync(':memory:');
db.exec('CREATE TABLE things (text TEXT, int INTEGER, plain)');

/** How a value comes back from columns and expressions. */
const read = (value) => {
  db.exec('DELETE FROM things');
  db.prepare('INSERT INTO things VALUES (?, ?, ?)').run(value, value, value);
  const { text, int, plain } = db.prepare('SELECT text, typeof(int) AS int, typeof(plain) AS plain FROM things').get();
  const { json, half } = db
    .prepare("SELECT json_object('n', ?) AS json, 7 / CASE WHEN ? > 0 THEN ? / 2 END AS half")
    .get(value, value, value);
  return { text, int, plain, json, half: String(half) };
};

const seen = { 'the number 5': read(5), 'the bigint 5n': read(5n) };
console.log(`Node ${process.version}`);
console.table(seen);

const expected = [
  { text: '5.0', int: 'integer', plain: 'real', json: '{"n":5.0}', half: '2.8' },
  { text: '5', int: 'integer', plain: 'integer', json: '{"n":5}', half: '3' },
];
const isAsFound = JSON.stringify(Object.values(seen)) === JSON.stringify(expected);
console.log(isAsFound ? 'As found.' : 'This has changed: look at the head of this file.');
process.exitCode = isAsFound ? 0 : 1;
