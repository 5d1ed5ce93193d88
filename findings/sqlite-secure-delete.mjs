#!/usr/bin/env node
/**
 * SQLite with `secure_delete = on` clears a row where it stands when it is deleted or overwritten, and not where it stood before the b-tree
 * was balanced: some of what was overwritten stays readable in the file, also after the log was truncated. VACUUM takes it out.
 *
 * Guess:   "deleted content is overwritten with zeros", so the bytes of a row that was overwritten are nowhere in the file.
 * Is:      as rows around it grow and shrink, SQLite moves a row to other pages, and leaves a copy in the unused space of a page that is still
 *          in use. The pragma clears the cell that is deleted, later, and knows nothing of the copy.
 * Version: SQLite 3.53 in Node 26.10.0 (node:sqlite).
 * Source:  SQLite, "PRAGMA secure_delete" and "Database File Format", section 1.6 on the unallocated space of b-tree pages.
 * Who:     whoever destroys keys or personal data in SQLite and counts on the pragma. What works: VACUUM, and then
 *          `wal_checkpoint(truncate)`; copies of the file are another matter.
 *
 *   node findings/sqlite-secure-delete.mjs
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

const folder = mkdtempSync(join(tmpdir(), 'secure-delete-'));
const db = new DatabaseSync(join(folder, 'data.sqlite'));
db.exec('PRAGMA journal_mode = wal; PRAGMA secure_delete = on;');
db.exec('CREATE TABLE things (id INTEGER PRIMARY KEY, text TEXT NOT NULL, remark TEXT NOT NULL)');

/** Numbers that look random and are the same in every run. */
let state = 4711;
const below = (end) => (state = (state * 48_271) % 2_147_483_647) % end;
const textOf = (id) => `text-${String(id).padStart(5, '0')}-`.repeat(20 + (id % 40));

let rows = 0;
const insert = db.prepare('INSERT INTO things VALUES (?, ?, ?)');
const grow = db.prepare('UPDATE things SET remark = ? WHERE id = ?');
db.exec('BEGIN');
for (let step = 0; step < 3_000; step += 1) {
  if (rows < 5 || below(10) < 4) {
    rows += 1;
    insert.run(rows, textOf(rows), '');
  } else grow.run('r'.repeat(below(1_200)), 1 + below(rows));
}
db.exec('COMMIT');

const gone = Array.from({ length: rows }, (_, index) => index + 1).filter((id) => id % 3 === 0);
/** How many of the texts that were overwritten are still in the files. */
const readable = () => {
  db.exec('PRAGMA wal_checkpoint(truncate)');
  const bytes = Buffer.concat(readdirSync(folder).map((file) => readFileSync(join(folder, file))));
  return gone.filter((id) => bytes.includes(textOf(id).slice(0, 24))).length;
};

db.exec("UPDATE things SET text = '' WHERE id % 3 = 0");
const seen = { overwritten: gone.length, 'readable with secure_delete': readable() };
db.exec('VACUUM');
seen['readable after VACUUM'] = readable();
const { secure_delete: pragma } = db.prepare('PRAGMA secure_delete').get();
console.log(`Node ${process.version}, SQLite ${process.versions.sqlite}, secure_delete ${pragma}`);
console.table([seen]);
db.close();
rmSync(folder, { recursive: true });

const isAsFound = pragma === 1 && seen['readable with secure_delete'] > 0 && seen['readable after VACUUM'] === 0;
console.log(isAsFound ? 'As found.' : 'This has changed: look at the head of this file.');
process.exitCode = isAsFound ? 0 : 1;
