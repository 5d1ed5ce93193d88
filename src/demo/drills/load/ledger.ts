/** A key that the KMS said it made. */
export interface KnownKey {
  readonly id: string;
  readonly name: string;
  /** Rotations that were answered with 201, and one for the first version. */
  acknowledged: number;
  /** Rotations that got no answer, or none that says whether they happened. */
  unknown: number;
  /** The last description that was answered with 200, and those sent after it without such an answer. */
  descriptions: readonly string[];
}

export interface KnownCiphertext {
  readonly key: string;
  readonly ciphertext: string;
  readonly plaintext: string;
  readonly context: string;
}

/** A key that was asked for, and of which nobody said that it was made. */
export interface AskedKey {
  readonly name: string;
  readonly description: string;
  /** `refused`: an answer said that nothing happened. */
  readonly answer: 'refused' | 'unknown';
}

/** What an answer says of a write: that it happened, that it did not, or neither. */
export type Known = 'acknowledged' | 'refused' | 'unknown';

/** Ciphertexts that are kept to be opened again; older ones make room. */
const CIPHERTEXTS = 5_000;

/** Every acknowledged write, so that each can be looked for. */
export interface Ledger {
  readonly keys: readonly KnownKey[];
  readonly ciphertexts: readonly KnownCiphertext[];
  readonly asked: readonly AskedKey[];
  created(key: { readonly id: string; readonly name: string; readonly description: string }): void;
  notCreated(key: AskedKey): void;
  rotated(id: string, answer: Known): void;
  described(id: string, description: string, answer: Known): void;
  encrypted(made: KnownCiphertext): void;
  /** How many acknowledged writes there are. */
  writes(): number;
}

export const createLedger = (): Ledger => {
  const keys: KnownKey[] = [];
  const ciphertexts: KnownCiphertext[] = [];
  const asked: AskedKey[] = [];
  let writes = 0;
  const known = (id: string): KnownKey => {
    const key = keys.find((each) => each.id === id);
    if (key === undefined) throw new TypeError(`the ledger has no key ${id}`);
    return key;
  };
  const count = (answer: Known): void => void (writes += answer === 'acknowledged' ? 1 : 0);
  return {
    keys,
    ciphertexts,
    asked,
    created: ({ id, name, description }) => {
      keys.push({ id, name, acknowledged: 1, unknown: 0, descriptions: [description] });
      count('acknowledged');
    },
    notCreated: (key) => void asked.push(key),
    rotated: (id, answer) => {
      const key = known(id);
      if (answer === 'acknowledged') key.acknowledged += 1;
      if (answer === 'unknown') key.unknown += 1;
      count(answer);
    },
    described: (id, description, answer) => {
      const key = known(id);
      if (answer === 'acknowledged') key.descriptions = [description];
      if (answer === 'unknown') key.descriptions = [...key.descriptions, description];
      count(answer);
    },
    encrypted: (made) => {
      if (ciphertexts.length === CIPHERTEXTS) ciphertexts.shift();
      ciphertexts.push(made);
    },
    writes: () => writes,
  };
};
