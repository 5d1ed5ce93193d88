import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { jsonObject } from '#infra/config/json-object.ts';
import { PACKAGE_ROOT } from '../../package-root.ts';
import { fault, fine, type Patient, warning } from '../patient/check.ts';

/** The Node that runs this program, and the one that scripts of the same user get. */
export const checkNode = async ({ machine, env }: Patient) => {
  const minimum = await oldestNode();
  const { nodeVersion } = machine;
  if (majorOf(nodeVersion) < minimum) {
    return fault(
      `passthru needs Node ${minimum} or newer; this is Node ${nodeVersion}`,
      `Install it again with its optional packages, which bring a Node along, or install Node ${minimum} or newer.`,
    );
  }
  const onPath = await machine.nodeOnPath(env['PATH']);
  if (onPath === null || majorOf(onPath) >= minimum) return fine(`Node ${nodeVersion}`);
  return warning(
    `\`node\` on the PATH is ${onPath}; this program runs on the Node ${nodeVersion} that came with it`,
    `Nothing fails for that. Put Node ${minimum} or newer on the PATH to start faster, and for programs of your own that import this package.`,
  );
};

/** As package.json has it, where the program that starts this one has it from, too. */
const oldestNode = async (): Promise<number> => {
  const engines = jsonObject(await readFile(join(PACKAGE_ROOT, 'package.json'), 'utf8'))?.['engines'] as { readonly node: string };
  return majorOf(engines.node);
};

const majorOf = (version: string): number => Number(/\d+/.exec(version)?.[0]);
