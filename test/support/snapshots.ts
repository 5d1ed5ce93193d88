import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { StackEngine } from '#engine/stack-engine.ts';
import { type SavedSnapshot, saveSnapshot, type SaveOptions } from '#stack/snapshot/save-snapshot.ts';
import { orThrow } from '#infra/apperr/or-throw.ts';

/** Databases of a stack that only say a text: SQLite files as servers have them, in the folders of a state folder. */
export const sayInDatabases = async (stateDir: string, said: string): Promise<void> => {
  for (const [server, name] of PLACES) {
    const folder = join(stateDir, 'data', server);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const database = new DatabaseSync(join(folder, `${name}.sqlite`));
    database.exec('pragma journal_mode = wal; create table if not exists said (text); delete from said');
    database.prepare('insert into said values (?)').run(said);
    database.close();
  }
};

/** The texts of these databases, each once. */
export const saidInDatabases = (stateDir: string): readonly string[] => {
  const said = PLACES.map(([server, name]) => {
    using database = new DatabaseSync(join(stateDir, 'data', server, `${name}.sqlite`));
    return String(database.prepare('select text from said').get()?.text);
  });
  return [...new Set(said)];
};

const PLACES = [
  ['identity', 'identity'],
  ['kms', 'service'],
  ['kms', 'audit'],
] as const;

export const save = async (engine: StackEngine, stateDir: string, options: Partial<SaveOptions> = {}): Promise<SavedSnapshot> =>
  orThrow(
    await saveSnapshot({
      engine,
      stateDir,
      name: 'seeded',
      replace: false,
      now: () => Date.UTC(2030, 0, 2, 3, 4, 5),
      signal: new AbortController().signal,
      ...options,
    }),
  );

export const readState = (stateDir: string, file: string): Promise<string> => readFile(join(stateDir, file), 'utf8');
