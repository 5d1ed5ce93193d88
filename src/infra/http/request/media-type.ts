import type { IncomingHttpHeaders } from 'node:http';
import { MIMEType } from 'node:util';
import { AppError } from '#infra/apperr/app-error.ts';

export type MediaType = 'application/json' | 'application/x-www-form-urlencoded';

const refusal = (header: string, detail: string, fix: string, headers: Readonly<Record<string, string>>): AppError =>
  new AppError('unsupported-media-type', 415, detail, {
    fix,
    headers,
    fields: [{ field: `header/${header}`, message: 'is not one that this route takes', fix }],
  });

const parsed = (text: string): MIMEType | null => {
  try {
    return new MIMEType(text);
  } catch {
    return null;
  }
};

/**
 * Refuses a body whose header names another media type, charset or content coding than the route reads.
 *
 * @throws AppError `unsupported-media-type` 415, with what is taken in `Accept` or `Accept-Encoding`
 * @see RFC 9110 sections 8.3, 8.4 and 15.5.16
 */
export const requireMediaType = (headers: IncomingHttpHeaders, accepted: MediaType): void => {
  const { 'content-type': type, 'content-encoding': coding } = headers;
  if (coding !== undefined && coding.toLowerCase() !== 'identity') {
    throw refusal('content-encoding', 'The request body is compressed, which this server does not accept.', 'Leave Content-Encoding out.', {
      'accept-encoding': 'identity',
    });
  }
  // What nearly every client sends.
  if (type === accepted) return;
  const mime = type === undefined ? null : parsed(type);
  if (mime?.essence !== accepted) {
    const detail =
      type === undefined ? 'The request body has no Content-Type.' : 'The request body has a media type that this route does not accept.';
    throw refusal('content-type', `${detail} This route takes ${accepted}.`, `Send Content-Type: ${accepted}.`, { accept: accepted });
  }
  const charset = mime.params.get('charset');
  if (charset === null || /^utf-?8$/i.test(charset)) return;
  throw refusal('content-type', 'The request body has another charset than UTF-8.', 'Send UTF-8.', { accept: accepted });
};
