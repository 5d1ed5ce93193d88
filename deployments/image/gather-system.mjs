/**
 * Run while an image of ours is built, in the image of Node: copies Node and the libraries that it is linked against to a folder, with the
 * files that these read, and for each of their Debian packages the licence and the entry by which scanners know it. A shell and a package
 * manager are left out: nothing in our images runs them (docs/decisions/0054-lean-containers.md).
 *
 *   node gather-system.mjs FOLDER
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, mkdirSync, realpathSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const [folder] = process.argv.slice(2);
const said = (program, ...args) => execFileSync(program, args, { encoding: 'utf8' });
/** What a link points to stands in its place. */
const gather = (file) => {
  mkdirSync(dirname(join(folder, file)), { recursive: true });
  copyFileSync(file, join(folder, file));
};

/** There where a package of the image brings it. */
const gatherIfThere = (file) => existsSync(file) && gather(file);

const libraries = said('ldd', process.execPath).match(/\/\S+/g);
for (const file of [process.execPath, ...libraries, '/etc/passwd', '/etc/group', '/etc/os-release']) gather(file);
for (const file of ['/etc/nsswitch.conf', '/etc/ssl/openssl.cnf', '/usr/local/LICENSE']) gatherIfThere(file);

const entries = join(folder, '/var/lib/dpkg/status.d');
mkdirSync(entries, { recursive: true });
// Debian's packages own files by their own path, not by links in front of it.
const packages = new Set(libraries.map((library) => said('dpkg-query', '-S', realpathSync(library)).split(':')[0]));
for (const name of packages) {
  writeFileSync(join(entries, name), said('dpkg-query', '-s', name));
  gatherIfThere(`/usr/share/doc/${name}/copyright`);
}

const temporary = join(folder, 'tmp');
mkdirSync(temporary);
chmodSync(temporary, 0o1777);
