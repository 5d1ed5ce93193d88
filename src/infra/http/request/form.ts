import { AppError } from '#infra/apperr/app-error.ts';

/** Fields of one form; no form of ours takes a tenth of it. */
const MAX_FIELDS = 1_000;

export type Pair = readonly [name: string, value: string];

const invalid = (code: string, detail: string, field: string, message: string, fix: string): AppError =>
  new AppError(code, 400, detail, { fix, fields: [{ field, message, fix }] });

const decoded = (text: string): string | null => {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return null;
  }
};

/**
 * The names and values of a form or a query, in their order.
 *
 * @param where what stands before a name in an error: `query` for a query, nothing for a body
 * @throws AppError `form-not-utf8` 400 for a percent-encoding that is broken or that is not UTF-8; `request-invalid` 400 for more than
 *   1,000 fields
 * @see https://url.spec.whatwg.org/#urlencoded-parsing, which replaces what this refuses
 */
export const pairsOf = (text: string, where: '' | 'query' = ''): readonly Pair[] => {
  const parts = text.split('&', MAX_FIELDS + 1);
  if (parts.length > MAX_FIELDS) {
    const message = `has more than ${MAX_FIELDS} fields`;
    throw invalid(
      'request-invalid',
      'The form has more fields than any route takes.',
      `${where}/`,
      message,
      'Send only the fields of this form.',
    );
  }
  return parts
    .filter((part) => part !== '')
    .map((part) => {
      const equals = part.indexOf('=');
      const [name, value] = (equals === -1 ? [part, ''] : [part.slice(0, equals), part.slice(equals + 1)]).map(decoded);
      if (typeof name === 'string' && typeof value === 'string') return [name, value] as const;
      throw invalid(
        'form-not-utf8',
        `The ${where === 'query' ? 'query' : 'form'} holds a percent-encoding that is broken or that is not UTF-8.`,
        `${where}/${name ?? ''}`,
        'is not percent-encoded UTF-8',
        'Encode each name and value as UTF-8, then percent-encode it.',
      );
    });
};

/**
 * The fields of a form, each of which stands there once.
 *
 * "Request and response parameters MUST NOT be included more than once." RFC 6749 sections 3.1 and 3.2
 *
 * @param repeatable names of which there may be several, whose last value is kept
 * @returns an object without prototype, so that no name means anything else
 * @throws AppError `field-repeated` 400
 */
export const fieldsOf = (pairs: readonly Pair[], repeatable: readonly string[] = []): Record<string, string> => {
  const fields = Object.create(null) as Record<string, string>;
  for (const [name, value] of pairs) {
    if (name in fields && !repeatable.includes(name)) {
      throw invalid(
        'field-repeated',
        `The form has the field ${name.slice(0, 64)} more than once.`,
        `/${name.slice(0, 64)}`,
        'appears more than once',
        'Send it once.',
      );
    }
    fields[name] = value;
  }
  return fields;
};
