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

const node = process.execPath;
const libraries = said('ldd', node).match(/\/\S+/g);
const read = ['/etc/passwd', '/etc/group', '/etc/nsswitch.conf', '/etc/os-release', '/etc/ssl/openssl.cnf'];
for (const file of [node, ...libraries, ...read]) gather(file);

const entries = join(folder, '/var/lib/dpkg/status.d');
mkdirSync(entries, { recursive: true });
// Debian's packages own files by their own path, not by links in front of it.
const packages = new Set(libraries.map((library) => said('dpkg-query', '-S', realpathSync(library)).split(':')[0]));
for (const name of packages) {
  writeFileSync(join(entries, name), said('dpkg-query', '-s', name));
  const licence = `/usr/share/doc/${name}/copyright`;
  if (existsSync(licence)) gather(licence);
}
const licenceOfNode = '/usr/local/LICENSE';
if (existsSync(licenceOfNode)) gather(licenceOfNode);

const temporary = join(folder, 'tmp');
mkdirSync(temporary);
chmodSync(temporary, 0o1777);
