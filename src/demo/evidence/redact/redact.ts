import type { Body, Exchange, Json } from '#infra/evidence/exchange.ts';
import type { Digests } from './digests.ts';
import { redactedJose } from './jose.ts';
import { isPublicHeader, isPublicName, isPublicParameter, isRandomParameter, isSecretName } from './names.ts';
import { looksRandom } from './random-looking.ts';

/** Larger bodies of JSON are kept as a whole digest: descriptions of an API, for example. */
const MAX_JSON_BYTES = 64 * 1024;

/** A URL with its origin, the ids in its path, and the parameters that are for everybody. */
const redactedUrl = (url: string, digests: Digests): string => {
  const parsed = URL.parse(url, RELATIVE);
  if (parsed === null) return digests.of(url);
  const path = parsed.pathname.split('/').map((part) => (looksRandom(part) ? digests.of(part) : part));
  const shown = [...parsed.searchParams].map(([name, value]) => [name, redactedParameter(name, value, digests)] as const);
  const isOpen = path.join('/') === parsed.pathname && shown.every(([name, value]) => value === parsed.searchParams.get(name));
  if (isOpen && parsed.hash === '' && parsed.username === '' && parsed.password === '') return url;
  const query = shown.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`);
  const origin = parsed.origin === RELATIVE ? '' : parsed.origin;
  return `${origin}${path.join('/')}${query.length === 0 ? '' : `?${query.join('&')}`}`;
};

/** Relative references are read against it. */
const RELATIVE = 'https://relative.invalid';

/** A parameter of a query, or a field of a form. */
const redactedParameter = (name: string, value: string, digests: Digests): string => {
  const jose = redactedJose(value, digests);
  if (jose !== null) return jose;
  if (isUrl(value) && isPublicParameter(name)) return redactedUrl(value, digests);
  return isPublicParameter(name) && (isRandomParameter(name) || !looksRandom(value)) ? value : digests.of(value);
};

const isUrl = (text: string): boolean => /^https?:\/\//.test(text);

/** The path of a file on the machine of the run, with a word in the place of its folder: it tells where a secret lies, and not which. */
const PATH_HERE = /^<[a-z-]+>\//;

/** A text that stands under this name. */
const redactedText = (name: string, text: string, digests: Digests): string => {
  const jose = redactedJose(text, digests);
  if (jose !== null) return jose;
  if (isPublicName(name) || PATH_HERE.test(text)) return text;
  if (isUrl(text)) return redactedUrl(text, digests);
  // The code of a problem is a word.
  if (name === 'code' && /^[a-z]+(-[a-z0-9]+)*$/.test(text) && !looksRandom(text)) return text;
  return isSecretName(name) || looksRandom(text) ? digests.of(text) : text;
};

/** Any value of JSON: members by their names, and texts that look random wherever they stand. */
export const redactedJson = (value: Json, digests: Digests, name = ''): Json => {
  if (typeof value === 'string') return redactedText(name, value, digests);
  if (typeof value !== 'object' || value === null)
    return isNumericSecret(name) && typeof value === 'number' ? digests.of(String(value)) : value;
  if (Array.isArray(value)) return (value as readonly Json[]).map((entry) => redactedJson(entry, digests, name));
  return Object.fromEntries(Object.entries(value).map(([member, inner]) => [member, redactedJson(inner, digests, member)]));
};

/** Of numbers, those that somebody types in. */
const isNumericSecret = (name: string): boolean => /passw|^pin$|^otp$|^code$/i.test(name);

const redactedBody = (body: Body | null, digests: Digests): Body | null => {
  if (body === null) return null;
  const { kind, value, text, bytes } = body;
  const digest = digests.ofBody(text);
  if (kind === 'text' || bytes > MAX_JSON_BYTES) return { kind: 'text', value: null, text: digest, bytes };
  if (kind !== 'form') return { kind, value: redactedJson(value, digests), text: digest, bytes };
  const fields = Object.entries(value as Readonly<Record<string, string>>);
  const shown = fields.map(([name, field]) => [name, redactedParameter(name, field, digests)]);
  return { kind, value: Object.fromEntries(shown) as Json, text: digest, bytes };
};

const redactedHeaders = (headers: Readonly<Record<string, string>>, digests: Digests): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, redactedHeader(name, value, digests)]));

const redactedHeader = (name: string, value: string, digests: Digests): string => {
  if (name === 'location') return redactedUrl(value, digests);
  if (name === 'authorization' && value.includes(' ')) {
    const [scheme = '', credential = ''] = value.split(' ', 2);
    return `${scheme} ${redactedJose(credential, digests) ?? digests.of(credential)}`;
  }
  if (name === 'dpop') return redactedJose(value, digests) ?? digests.of(value);
  // The policy of a page holds the hashes of its styles, which are the same for everybody.
  if (name === 'content-security-policy' || name === 'etag' || name === 'traceparent' || name === 'tracestate') return value;
  return isPublicHeader(name) && !looksRandom(value) ? value : digests.of(value);
};

/** `name=value; Path=/; …` with the value digested. */
const redactedCookie = (cookie: string, digests: Digests): string => {
  const [pair = '', ...attributes] = cookie.split('; ');
  const at = pair.indexOf('=');
  const value = pair.slice(at + 1);
  return [`${pair.slice(0, at)}=${value === '' ? '' : digests.of(value)}`, ...attributes].join('; ');
};

/** An exchange that may be shown to anybody: each secret has its digest in its place. */
export const redacted = ({ request, answer, ...facts }: Exchange, digests: Digests): Exchange => ({
  ...facts,
  request: {
    method: request.method,
    url: redactedUrl(request.url, digests),
    headers: redactedHeaders(request.headers, digests),
    body: redactedBody(request.body, digests),
  },
  answer: {
    status: answer.status,
    headers: redactedHeaders(answer.headers, digests),
    cookies: answer.cookies.map((cookie) => redactedCookie(cookie, digests)),
    body: redactedBody(answer.body, digests),
  },
});
