import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { vi } from 'vitest';
import { listenersOn } from '#engine/state/processes.ts';
import { ROOT } from '../engine.ts';
import { reservePorts } from '../ports.ts';
import { temporaryDirectory } from '../temporary-directory.ts';

const SERVER = '/usr/sbin/apache2';
const MODULES = '/usr/lib/apache2/modules';
const LOADED = ['mpm_event', 'authn_core', 'authz_core', 'authz_user', 'dir', 'mime', 'filter', 'include', 'auth_openidc'];

/** Why there can be no Apache with mod_auth_openidc here; null where there can. */
export const whyNoApache = (): string | null => {
  const missing = [SERVER, join(MODULES, 'mod_auth_openidc.so')].find((file) => !existsSync(file));
  return missing === undefined ? null : `the recipe for mod_auth_openidc is left out: ${missing} is missing on this machine`;
};

/** What `/` of that server shows of the person. */
const PAGE = ['OIDC_CLAIM_name', 'OIDC_access_token', 'OIDC_id_token']
  .map((name) => `"${name}":"<!--#echo encoding="none" var="${name}"-->"`)
  .join(',');

/** A server with docs/samples/clients/apache/passthru.conf as its reader would include it. Dispose it. */
export const startApache = async (options: { readonly issuer: string; readonly ca: string }) => {
  await using stack = new AsyncDisposableStack();
  const { path } = stack.use(await temporaryDirectory());
  const { kms: port } = await reservePorts();
  // Its workers are another user, who must read what it serves and the authority.
  const [pages, ca] = [join(path, 'pages'), join(path, 'ca.pem')];
  await mkdir(join(pages, 'resource'), { recursive: true });
  await copyFile(options.ca, ca);
  await writeFile(join(pages, 'index.html'), `{${PAGE}}`);
  await writeFile(join(pages, 'resource/index.html'), '<!--#echo var="OIDC_CLAIM_scope"-->');
  await writeFile(join(pages, 'logged-out'), 'Logged out');
  await chmod(path, 0o755);
  const file = join(path, 'apache2.conf');
  await writeFile(
    file,
    [
      `ServerName 127.0.0.1`,
      `Listen 127.0.0.1:${port}`,
      `PidFile ${path}/pid`,
      `ErrorLog ${path}/error.log`,
      `Mutex file:${path}`,
      ...LOADED.map((name) => `LoadModule ${name}_module ${MODULES}/mod_${name}.so`),
      'User www-data',
      'Group www-data',
      'TypesConfig /dev/null',
      'AddType text/html .html',
      'AddOutputFilter INCLUDES .html',
      'DirectoryIndex index.html',
      `DocumentRoot ${pages}`,
      `<Directory ${pages}>\nOptions +Includes\n</Directory>`,
      `Define ISSUER ${options.issuer}`,
      `Define CA_FILE ${ca}`,
      // For the test alone: a page that shows its ID token.
      'OIDCPassIDTokenAs serialized',
      `Include ${join(ROOT, 'docs/samples/clients/apache/passthru.conf')}`,
    ].join('\n'),
  );
  const child = spawn(SERVER, ['-X', '-f', file], { stdio: 'ignore' });
  stack.defer(async () => {
    if (child.exitCode === null && child.kill()) await once(child, 'close');
  });
  await vi.waitUntil(async () => (await listenersOn(port)).length > 0, { timeout: 20_000 });
  const cleanup = stack.move();
  return {
    origin: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: () => cleanup.disposeAsync(),
  };
};
