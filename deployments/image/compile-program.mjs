/**
 * Run while an image of ours is built, by the user of the image: compiles what every start loads into a folder, because the root file system
 * is read-only later. Node keeps what it compiled per user.
 *
 *   node compile-program.mjs PROGRAM FOLDER
 */
import { readdirSync } from 'node:fs';
import { enableCompileCache, flushCompileCache } from 'node:module';
import { join } from 'node:path';

/** They run when they are loaded, or cannot be loaded where they are. */
const NOT_LOADED = /^(vacuum\.worker|_elsewhere)/;

const [program, folder] = process.argv.slice(2);
enableCompileCache(folder);
const files = readdirSync(program).filter((file) => file.endsWith('.js') && !NOT_LOADED.test(file));
for (const file of files) await import(join(program, file));
flushCompileCache();
