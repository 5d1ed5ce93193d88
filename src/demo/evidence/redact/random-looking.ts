const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Shorter texts hold too little to be a secret that was made by a machine. */
const MIN_LENGTH = 16;
/** Letters of hexadecimal this long are no word and no number. */
const MIN_HEX_LENGTH = 32;
/** Of the places between two letters or digits, the part at which random text changes between small, capital and digit: above half, seldom below a quarter. */
const RANDOM_CHANGES = 0.15;
/** Words that are written as one, for example `listElasticKeys`: each has a vowel. */
const CAMEL_CASE = /^([A-Za-z](?=[a-z]*[aeiouy])[a-z]{2,})([A-Z](?=[a-z]*[aeiouy])[a-z]{2,})*$/;

const classOf = (letter: string): string => (/[0-9]/.test(letter) ? '0' : /[a-z]/.test(letter) ? 'a' : 'A');

/** Whether a text holds a piece that looks as if a machine had made it up: a token, a key, a hash. A UUID is an id, and none. */
export const looksRandom = (text: string): boolean =>
  (text.match(/[A-Za-z0-9+/_=-]{16,}/g) ?? []).some((piece) => !UUID.test(piece) && changes(piece));

const changes = (piece: string): boolean => {
  // UUIDs within a name are ids, too.
  const rest = piece.replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi, '').replaceAll(/[^A-Za-z0-9]/g, '');
  if (rest.length < MIN_LENGTH || CAMEL_CASE.test(rest)) return false;
  if (rest.length >= MIN_HEX_LENGTH && /^([0-9a-f]+|[0-9A-F]+)$/.test(rest)) return true;
  const classes = Array.from(rest, classOf);
  const changed = classes.filter((each, at) => at > 0 && each !== classes[at - 1]).length;
  return changed / (rest.length - 1) >= RANDOM_CHANGES;
};
