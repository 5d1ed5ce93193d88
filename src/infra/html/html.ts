const content = Symbol('html');

/**
 * Markup that is safe to send: made by {@link markup}, which escapes every value. This folder holds what pages of either product are made
 * of: templates here, the frame in `document.ts`, headers in `content-policy.ts`. It knows no page and no request.
 */
export interface Html {
  readonly [content]: string;
}

export type HtmlValue = Html | string | number | null | undefined | false | readonly HtmlValue[];

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;', '`': '&#96;' };

/** Text for element content and for quoted attribute values. */
export const escapeHtml = (text: string): string => text.replaceAll(/[&<>"'`]/g, (character) => ENTITIES[character] ?? character);

const isList = (value: HtmlValue): value is readonly HtmlValue[] => Array.isArray(value);

const toMarkup = (value: HtmlValue): string => {
  if (value === null || value === undefined || value === false) return '';
  if (isList(value)) return value.map(toMarkup).join('');
  if (typeof value === 'object') return value[content] ?? '';
  return escapeHtml(String(value));
};

/** A template whose values are escaped, except other templates; null, undefined and false leave nothing. */
export const markup = (strings: TemplateStringsArray, ...values: readonly HtmlValue[]): Html => ({
  [content]: strings.map((part, index) => part + (index < values.length ? toMarkup(values[index]) : '')).join(''),
});

/** Markup that a library of ours made; never for anything that came from outside. */
export const trustedHtml = (text: string): Html => ({ [content]: text });

/** The content as text, for the response body. */
export const renderHtml = (page: Html): string => page[content];
