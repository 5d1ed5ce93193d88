#!/usr/bin/env node
/**
 * node:sqlite takes an object as the first argument of a statement for the names of its parameters: a Date there binds nothing, and all values
 * behind it move one parameter forward, without an error.
 *
 * Guess:   `statement.run(new Date(), 'x')` is refused like `statement.run('x', new Date())`, which throws ERR_INVALID_ARG_TYPE.
 * Is:      a Date, a Map, a function, any object without members of its own counts as named parameters of which there are none. `?1` gets
 *          'x', `?2` gets NULL, and a column of times is silently empty or has the neighbour's value.
 * Version: Node 26.10.0.
 * Source:  Node, node:sqlite, statement.run([namedParameters][, ...anonymousParameters]): "An optional object used to bind named parameters";
 *          and "Attempting to write an unsupported data type to SQLite will result in an exception".
 * Who:     whoever goes from a driver that binds Dates (pg, mysql2) or refuses them to node:sqlite. What works: milliseconds, or toISOString().
 *
 *   node findings/node-sqlite-first-argument.mjs
 */
import { DatabaseSync } from 'node:sqlite';

const statement = new DatabaseSync(':memory:').prepare('SELECT ? AS first, ? AS second');

/** What two parameters get. */
const bound = (...values) => {
  try {
    return JSON.stringify(statement.get(...values));
  } catch (error) {
    return error.code;
  }
};

const seen = {
  'two texts': bound('a', 'x'),
  'a Date, then a text': bound(new Date(0), 'x'),
  'a Map, then a text': bound(new Map([['a', 1]]), 'x'),
  'a function, then a text': bound(() => 'a', 'x'),
  'a text, then a Date': bound('x', new Date(0)),
};
console.log(`Node ${process.version}`);
console.table(seen);

const moved = '{"first":"x","second":null}';
const expected = ['{"first":"a","second":"x"}', moved, moved, moved, 'ERR_INVALID_ARG_TYPE'];
const isAsFound = JSON.stringify(Object.values(seen)) === JSON.stringify(expected);
console.log(isAsFound ? 'As found.' : 'This has changed: look at the head of this file.');
process.exitCode = isAsFound ? 0 : 1;
