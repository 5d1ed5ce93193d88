/** A word as bash, zsh and fish take it literally: between single quotes, a quote itself outside of them. */
export const quoted = (text: string): string => `'${text.replaceAll("'", `'"'"'`)}'`;

/** Words that a case of bash or zsh compares with. */
export const pattern = (words: readonly string[]): string => words.map(quoted).join('|');
