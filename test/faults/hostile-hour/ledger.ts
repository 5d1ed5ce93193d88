import type { KmsApi } from '#client/kms/kms.ts';
import { keyApi } from '#client/kms/key.ts';

/** A key that the KMS said it made. */
interface KnownKey {
  readonly id: string;
  readonly name: string;
  /** Rotations that were answered with 201, and one for the first version. */
  acknowledged: number;
  /** Rotations that got no answer, or none that says whether they happened. */
  unknown: number;
  /** The last description that was answered with 200, and those sent after it without such an answer. */
  descriptions: readonly string[];
}

interface KnownCiphertext {
  readonly key: string;
  readonly ciphertext: string;
  readonly plaintext: string;
  readonly context: string;
}

/** Ciphertexts that are kept to be opened again; older ones make room. */
const CIPHERTEXTS = 5_000;

/** Every acknowledged write, so that each can be looked for. */
export interface Ledger {
  readonly keys: readonly KnownKey[];
  readonly ciphertexts: readonly KnownCiphertext[];
  created(key: { readonly id: string; readonly name: string; readonly description: string }): void;
  /** @param answer what is known of the rotation */
  rotated(id: string, answer: 'acknowledged' | 'refused' | 'unknown'): void;
  described(id: string, description: string, answer: 'acknowledged' | 'refused' | 'unknown'): void;
  encrypted(made: KnownCiphertext): void;
  /** How many acknowledged writes there are. */
  writes(): number;
}

export const createLedger = (): Ledger => {
  const keys = new Map<string, KnownKey>();
  const ciphertexts: KnownCiphertext[] = [];
  let writes = 0;
  const known = (id: string): KnownKey => {
    const key = keys.get(id);
    if (key === undefined) throw new TypeError(`the ledger has no key ${id}`);
    return key;
  };
  return {
    get keys() {
      return [...keys.values()];
    },
    ciphertexts,
    created: ({ id, name, description }) => {
      keys.set(id, { id, name, acknowledged: 1, unknown: 0, descriptions: [description] });
      writes += 1;
    },
    rotated: (id, answer) => {
      if (answer === 'acknowledged') known(id).acknowledged += 1;
      if (answer === 'unknown') known(id).unknown += 1;
      if (answer === 'acknowledged') writes += 1;
    },
    described: (id, description, answer) => {
      const key = known(id);
      if (answer === 'acknowledged') key.descriptions = [description];
      if (answer === 'unknown') key.descriptions = [...key.descriptions, description];
      if (answer === 'acknowledged') writes += 1;
    },
    encrypted: (made) => {
      if (ciphertexts.length === CIPHERTEXTS) ciphertexts.shift();
      ciphertexts.push(made);
    },
    writes: () => writes,
  };
};

/**
 * Looks for the writes of the ledger.
 *
 * @param keys of these elastic keys name, description and versions are read
 * @param ciphertexts these are opened
 * @returns a sentence for each write that is lost or changed
 */
export const lostWrites = async (
  kms: KmsApi,
  { keys, ciphertexts }: { readonly keys: readonly KnownKey[]; readonly ciphertexts: readonly KnownCiphertext[] },
): Promise<readonly string[]> => {
  const lost: string[] = [];
  for (const key of keys) {
    const answer = await kms.call('GET', `/elastic-keys/${key.id}`);
    if (answer.status !== 200) {
      lost.push(`key ${key.name} is gone: ${answer.status}`);
      continue;
    }
    const { name, description } = answer.json<{ name: string; description: string }>();
    if (name !== key.name) lost.push(`key ${key.name} is called ${name}`);
    if (!key.descriptions.includes(description)) {
      lost.push(`key ${key.name} is described as ${JSON.stringify(description)}, not as one of ${JSON.stringify(key.descriptions)}`);
    }
    const versions = (await keyApi(kms, key.id).versions()).length;
    if (versions < key.acknowledged || versions > key.acknowledged + key.unknown) {
      lost.push(`key ${key.name} has ${versions} versions; ${key.acknowledged} were acknowledged, ${key.unknown} more may be`);
    }
  }
  for (const { key, ciphertext, plaintext, context } of ciphertexts) {
    const answer = await keyApi(kms, key).call('decrypt', { ciphertext, context });
    if (answer.status !== 200) lost.push(`a ciphertext of key ${key} does not open: ${answer.status} ${answer.text.slice(0, 200)}`);
    else if (answer.json<{ plaintext: string }>().plaintext !== plaintext) lost.push(`a ciphertext of key ${key} opens to something else`);
  }
  return lost;
};
