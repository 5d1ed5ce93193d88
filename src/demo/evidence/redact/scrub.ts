import type { Json } from '#infra/evidence/exchange.ts';
import type { Digests } from './digests.ts';
import { redactedJose } from './jose.ts';
import { isPublicName } from './names.ts';
import { looksRandom } from './random-looking.ts';

/** Names of folders of this machine, and what stands for them: a reader elsewhere has no use for them. */
export type Places = Readonly<Record<string, string>>;

/** A digest, or a word that might be a secret. */
const WORD = /\[secret [\w-]{22}\]|[A-Za-z0-9+/_=.~-]{8,}/g;

/**
 * Texts that were made to be read (events, reports, spans), with no secret of the run in them: neither one that was digested in an
 * exchange, nor one that looks like one.
 */
export const scrubbed = <T extends Json>(value: T, digests: Digests, places: Places = {}): T => scrub(value, '', { digests, places }) as T;

interface Means {
  readonly digests: Digests;
  readonly places: Places;
}

/** A text with the words for those folders. */
export const withPlaces = (text: string, places: Places): string =>
  Object.entries(places).reduce((left, [path, word]) => left.replaceAll(path, word), text);

const scrub = (value: Json, name: string, means: Means): Json => {
  if (typeof value === 'string') return scrubText(value, name, means);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return (value as readonly Json[]).map((each) => scrub(each, name, means));
  return Object.fromEntries(Object.entries(value).map(([member, inner]) => [member, scrub(inner, member, means)]));
};

const scrubText = (text: string, name: string, { digests, places }: Means): string =>
  withPlaces(text, places).replaceAll(WORD, (word) => {
    if (word.startsWith('[secret ')) return word;
    if (digests.isSecret(word)) return digests.of(word);
    return redactedJose(word, digests) ?? (!isPublicName(name) && looksRandom(word) ? digests.of(word) : word);
  });
