import type { Ledger } from './ledger.ts';
import type { KnownKey, Protected } from './operations.ts';

/** One replica, asked directly. A refusal throws. */
export interface ReplicaView {
  readonly name: string;
  /** Every elastic key of a tenant, all pages. */
  keysOf(tenant: string): Promise<readonly { readonly id: string; readonly name: string; readonly algorithm: string }[]>;
  versionsOf(key: KnownKey): Promise<readonly { readonly id: string; readonly version: number }[]>;
  /** The plaintext, base64url. */
  decrypt(sealed: Protected): Promise<string>;
  /** The payload, base64url; null for a signature that is not valid. */
  verify(signed: Protected): Promise<string | null>;
}

/** Requests of an audit at once. */
const AT_ONCE = 16;

const forEach = async <T>(items: readonly T[], run: (item: T) => Promise<void>): Promise<void> => {
  const left = items.values();
  // All take from one iterator.
  const worker = async () => {
    for (const item of left) await run(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
};

const repeated = <T>(values: readonly T[]): readonly T[] => values.filter((value, index) => values.indexOf(value) !== index);

/** Everything that a client was told and this replica does not stand by, and everything there that nobody asked for. */
export const audit = async (ledger: Ledger, tenants: readonly string[], view: ReplicaView): Promise<readonly string[]> => {
  const found: string[] = [];
  const says = (text: string) => void found.push(`${view.name}: ${text}`);
  const versions = new Map<string, ReadonlySet<string>>();

  const auditVersions = async (key: KnownKey): Promise<void> => {
    const there = await view.versionsOf(key);
    versions.set(key.id, new Set(there.map(({ id }) => id)));
    for (const [version, id] of key.versions) {
      if (!there.some((each) => each.version === version && each.id === id)) says(`version ${version} of ${key.name} is lost`);
    }
    const numbers = there.map(({ version }) => version).toSorted((a, b) => a - b);
    if (numbers.some((version, index) => version !== index + 1)) says(`the versions of ${key.name} are ${numbers.join(' ')}`);
    if (repeated(there.map(({ id }) => id)).length > 0) says(`two versions of ${key.name} have one id`);
    if (there.length > 1 + ledger.rotationsAsked(key)) says(`${key.name} was rotated more often than anybody asked for`);
  };

  for (const tenant of tenants) {
    const there = await view.keysOf(tenant);
    for (const name of repeated(there.map((key) => key.name))) says(`two keys of ${tenant} are called ${name}`);
    for (const { name } of there) if (!ledger.wasAskedFor(tenant, name)) says(`${tenant} has ${name}, which nobody of it asked for`);
    await forEach(ledger.keysOf(tenant), async (key) => {
      const same = there.find(({ id }) => id === key.id);
      if (same === undefined) return says(`the elastic key ${key.name} of ${tenant} is lost`);
      if (same.name !== key.name || same.algorithm !== key.algorithm) says(`the elastic key ${key.name} of ${tenant} became another`);
      await auditVersions(key);
    });
  }
  const material = (what: string, { key, materialKeyId }: Protected) => {
    if (versions.get(key.id)?.has(materialKeyId) === false) says(`the material key of a ${what} of ${key.name} is lost`);
  };
  await forEach(ledger.sealed, async (sealed) => {
    material('ciphertext', sealed);
    const plaintext = await view.decrypt(sealed).catch((error: unknown) => `nothing: ${String(error)}`);
    if (plaintext !== sealed.content) says(`a ciphertext of ${sealed.key.name} opens to ${plaintext} instead of ${sealed.content}`);
  });
  await forEach(ledger.signed, async (signed) => {
    material('signature', signed);
    const payload = await view.verify(signed).catch((error: unknown) => `nothing: ${String(error)}`);
    if (payload !== signed.content) says(`a signature of ${signed.key.name} is of ${payload} instead of ${signed.content}`);
  });
  return found;
};
