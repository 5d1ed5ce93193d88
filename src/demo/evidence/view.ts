import { parseForms } from '#client/browser/forms.ts';
import { originOf, type SentExchange } from '#client/session/origin.ts';
import type { Body, Exchange, Json, Page } from '#infra/evidence/exchange.ts';
import type { HttpsResponse } from '#infra/http/client.ts';

/** Where a value stands: an exchange as it travelled, and the JSON Pointer of the value in the body of its answer. */
export interface Seen {
  /** Null for a value that no session of this process received. */
  readonly sent: SentExchange | null;
  readonly exchange: Exchange;
  readonly pointer: string;
}

/** An exchange as recipes read it, with nothing redacted. */
export const viewOf = ({ request, response, sentAt, durationMs }: SentExchange, id = '', step = ''): Exchange => ({
  id,
  step,
  started_at: new Date(sentAt).toISOString(),
  duration_ms: Math.round(durationMs),
  request: {
    method: request.method,
    url: request.url,
    headers: Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name.toLowerCase(), value])),
    body: sentBody(request),
  },
  answer: {
    status: response.status,
    headers: response.headers,
    cookies: response.setCookies,
    body: receivedBody(response),
  },
});

/** The exchange behind an answer of a session, or behind an object of its body. */
export const seenAt = (value: object): Seen => {
  const origin = originOf(value);
  if (origin !== undefined) return { sent: origin.exchange, exchange: viewOf(origin.exchange), pointer: origin.pointer };
  const answer = isResponse(value) ? value : answerWith(value as Json);
  const request = { method: 'GET', url: '', headers: {}, body: null, form: null };
  return { sent: null, exchange: viewOf({ request, response: answer, sentAt: 0, durationMs: 0 }), pointer: '' };
};

const isResponse = (value: object): value is HttpsResponse => 'status' in value && 'headers' in value && 'text' in value;

const answerWith = (value: Json): HttpsResponse => ({
  status: 0,
  headers: { 'content-type': 'application/json' },
  setCookies: [],
  text: JSON.stringify(value),
  json: <T>() => value as T,
});

const sentBody = ({ body, form }: SentExchange['request']): Body | null => {
  if (form !== null) return bodyOf('form', { ...form }, new URLSearchParams(form).toString());
  if (body === null) return null;
  if (typeof body === 'string' || Buffer.isBuffer(body)) return bodyOf('text', null, body.toString());
  const text = JSON.stringify(body);
  return bodyOf('json', JSON.parse(text) as Json, text);
};

const receivedBody = ({ text, headers }: HttpsResponse): Body | null => {
  if (text === '') return null;
  const [type = ''] = (headers['content-type'] ?? '').split(';');
  if (type === 'text/html') return bodyOf('page', { ...outlineOf(text) } as unknown as Json, text);
  try {
    return bodyOf('json', JSON.parse(text) as Json, text);
  } catch {
    // Metrics and scripts, for example, are read as a whole only.
    return bodyOf('text', null, text);
  }
};

const bodyOf = (kind: Body['kind'], value: Json, text: string): Body => ({ kind, value, text, bytes: Buffer.byteLength(text) });

const outlineOf = (page: string): Page => {
  const forms = parseForms(page);
  return {
    title: /<title>([^<]*)<\/title>/i.exec(page)?.[1]?.trim() ?? null,
    heading: /<h1>([^<]*)<\/h1>/.exec(page)?.[1]?.trim() ?? null,
    asks_for_password: forms.some(({ passwords }) => passwords.length > 0),
    forms: forms.map(({ action, method, fields, passwords }) => ({ action, method, fields, passwords })),
  };
};
