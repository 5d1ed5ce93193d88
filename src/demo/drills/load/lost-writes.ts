import { keyApi } from '#client/kms/key.ts';
import type { KmsApi } from '#client/kms/kms.ts';
import type { AskedKey, KnownCiphertext, KnownKey } from './ledger.ts';

/**
 * Looks for the writes of a ledger.
 *
 * @param keys of these elastic keys name, description and versions are read
 * @param ciphertexts these are opened
 * @param asked these are there as a whole or not at all, and not where they were refused
 * @returns a sentence for each write that is lost, changed, or there though it was refused
 */
export const lostWrites = async (
  kms: KmsApi,
  look: {
    readonly keys: readonly KnownKey[];
    readonly ciphertexts: readonly KnownCiphertext[];
    readonly asked: readonly AskedKey[];
  },
): Promise<readonly string[]> => {
  const lost: string[] = [];
  for (const key of look.keys) lost.push(...(await wrongWith(kms, key)));
  for (const { key, ciphertext, plaintext, context } of look.ciphertexts) {
    const answer = await keyApi(kms, key).call('decrypt', { ciphertext, context });
    if (answer.status !== 200) lost.push(`a ciphertext of key ${key} does not open: ${answer.status} ${answer.text.slice(0, 200)}`);
    else if (answer.json<{ plaintext: string }>().plaintext !== plaintext) lost.push(`a ciphertext of key ${key} opens to something else`);
  }
  for (const { name, description, answer } of look.asked) {
    const key = await kms.elasticKeyNamed(name);
    if (key === undefined) continue;
    if (answer === 'refused') lost.push(`key ${name} is there, though it was refused`);
    else if (key.description !== description) lost.push(`key ${name} is there, and not as it was asked for`);
  }
  return lost;
};

const wrongWith = async (kms: KmsApi, key: KnownKey): Promise<readonly string[]> => {
  const answer = await kms.call('GET', `/elastic-keys/${key.id}`);
  if (answer.status !== 200) return [`key ${key.name} is gone: ${answer.status}`];
  const { name, description } = answer.json<{ name: string; description: string }>();
  const versions = (await keyApi(kms, key.id).versions()).length;
  const { acknowledged, unknown, descriptions } = key;
  return [
    ...(name === key.name ? [] : [`key ${key.name} is called ${name}`]),
    ...(descriptions.includes(description)
      ? []
      : [`key ${key.name} is described as ${JSON.stringify(description)}, not as one of ${JSON.stringify(descriptions)}`]),
    ...(versions >= acknowledged && versions <= acknowledged + unknown
      ? []
      : [`key ${key.name} has ${versions} versions; ${acknowledged} were acknowledged, ${unknown} more may be`]),
  ];
};
