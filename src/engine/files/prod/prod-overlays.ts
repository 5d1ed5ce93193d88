import { readFile } from 'node:fs/promises';
import { parse, stringify } from 'yaml';
import { missingIs } from '#infra/apperr/system-error.ts';
import { AppError } from '#infra/apperr/app-error.ts';
import { issuersOf, map, readDelivered, type Tree } from '../delivered-config.ts';
import type { StackOverlays } from '../mounts/stack-overlays.ts';

/**
 * `stack.yml` of production, a start for the operator's own: the issuer, by which tokens and the KMS know Identity.
 *
 * @throws the file system's error, or the YAML parser's
 */
export const prodOverlays = async (packageRoot: string, issuer: string): Promise<Omit<StackOverlays, 'partner'>> => {
  const issuers = issuersOf(await readDelivered(packageRoot, 'kms', 'kms.container.yml'));
  return {
    identity: overlay('identity', { issuer }),
    kms: overlay('kms', { identity: { issuers: issuers.map((delivered) => ({ ...delivered, issuer })) } }),
  };
};

const overlay = (product: string, tree: Tree): string =>
  `# Laid over deployments/${product}/config. Made by \`passthru prepare\` and never overwritten: it is yours.\n${stringify(tree)}`;

/**
 * The issuer in Identity's `stack.yml`; null where there is no such file, or it names none.
 *
 * @throws AppError `stack-file-unreadable`; the file system's error
 */
export const preparedIssuer = async (file: string): Promise<string | null> => {
  const text = await readFile(file, 'utf8').catch(missingIs(null));
  if (text === null) return null;
  const { issuer } = map(readYaml(file, text));
  return typeof issuer === 'string' ? issuer : null;
};

const readYaml = (file: string, text: string): unknown => {
  try {
    return parse(text);
  } catch (cause) {
    throw new AppError('stack-file-unreadable', 500, `${file} is not YAML`, {
      cause,
      fix: 'Correct it, or move it away: then it is made again.',
    });
  }
};
