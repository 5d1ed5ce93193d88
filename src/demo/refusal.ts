/** Whether a check shows a refusal: what it expected is an error of HTTP (4xx) or of OAuth. */
export const isRefusal = ({ expected }: { readonly expected: string }): boolean =>
  /^(4\d\d\b|(invalid|unsupported|unauthorized|insufficient)_|access_denied)/.test(expected);
