import { delimiter, join } from 'node:path';
import { fault, fine, type Patient, warning } from '../patient/check.ts';

/**
 * The oldest Node that runs this program; `bin/passthru.js` has the same. `engines` of package.json names an older one, on which that file
 * finds the Node that came with the package.
 */
export const OLDEST_NODE = 24;

/** The Node that runs this program, and the one that scripts of the same user get. */
export const checkNode = async ({ machine, env }: Patient) => {
  const { nodeVersion } = machine;
  if (majorOf(nodeVersion) < OLDEST_NODE) {
    return fault(
      `passthru needs Node ${OLDEST_NODE} or newer; this is Node ${nodeVersion}`,
      `Install it again with its optional packages, which bring a Node along, or install Node ${OLDEST_NODE} or newer.`,
    );
  }
  const linked = await machine.linkedNode();
  const ownPath = (env['PATH'] ?? '').split(delimiter).filter((folder) => !folder.endsWith(join('node_modules', '.bin')));
  const onPath = await machine.nodeOnPath(linked === null ? env['PATH'] : ownPath.join(delimiter));
  if (linked !== null && onPath !== null) {
    const ofScripts = await machine.nodeOnPath(linked);
    if (ofScripts !== null && ofScripts !== onPath) return hidden(linked, ofScripts, onPath);
  }
  if (onPath === null || majorOf(onPath) >= OLDEST_NODE) return fine(`Node ${nodeVersion}`);
  return warning(
    `\`node\` on the PATH is ${onPath}; this program runs on the Node ${nodeVersion} that came with it`,
    `Nothing fails for that. Put Node ${OLDEST_NODE} or newer on the PATH to start faster, and for programs of your own that import this package.`,
  );
};

/** Tests of a project would pass on a Node that the project does not have. */
const hidden = (folder: string, ofScripts: string, onPath: string) =>
  warning(
    `npm scripts and npx of this project run on Node ${ofScripts}, which came with passthru, in the place of ${onPath} from the PATH: ${folder}`,
    'To have them run on your own Node, let a postinstall script remove this link; passthru finds its Node without it (docs/testing.md).',
  );

const majorOf = (version: string): number => Number(/\d+/.exec(version)?.[0]);
