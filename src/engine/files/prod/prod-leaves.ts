import type { LeafRequest } from '#infra/tls/authority/store.ts';
import { LEAVES } from '../leaves.ts';

/** The names under which others than the stack's own services reach the servers. */
export interface PublicNames {
  /** Of Identity: the host in its issuer. */
  readonly identity: readonly string[];
  readonly kms: readonly string[];
}

/**
 * A certificate of production: for the name of the service and the loopback of its container, where health is asked, and for the public
 * names of that server alone, so that neither server can stand in for the other.
 *
 * @throws TypeError for a name that no container reads
 */
export const prodLeaf = (name: string, names: PublicNames): LeafRequest => {
  const leaf = LEAVES.find((each) => each.name === name);
  if (leaf === undefined) throw new TypeError(`no certificate is called ${name}`);
  const { kind, commonName } = leaf;
  if (kind === 'client') return { name, kind, commonName };
  const known = name === 'identity' || name === 'kms' ? names[name] : [];
  return { name, kind, commonName, names: [...new Set([name, 'localhost', '127.0.0.1', '::1', ...known])] };
};
