import { stripVTControlCharacters } from 'node:util';

/** Text from elsewhere (a log, a server) as one line that cannot steer the terminal. */
export const printable = (text: string): string =>
  stripVTControlCharacters(text)
    .replace(/\s+/g, ' ')
    .replace(/[\p{Cc}\p{Cf}]/gu, '');
