import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { AppError } from '#infra/apperr/app-error.ts';
import type { SignalKind } from '../../otlp-records.ts';

/** Bytes of a body, compressed or not. */
const MAX_BODY_BYTES = 16 * 1024 * 1024;

const gunzipAsync = promisify(gunzip);

/** The one member that each export request has. @see https://opentelemetry.io/docs/specs/otlp/#otlphttp-request */
const MEMBER = { traces: 'resourceSpans', metrics: 'resourceMetrics', logs: 'resourceLogs' } as const satisfies Record<SignalKind, string>;

const tooLarge = (): AppError => new AppError('body-too-large', 413, `The request body is larger than ${MAX_BODY_BYTES} bytes.`);

const invalid = (message: string, field: string): AppError =>
  new AppError('request-invalid', 400, 'The body is no OTLP export request.', { fields: [{ field, message }] });

/** Reads a body that is too large to its end, too, so that the client hears the refusal instead of a broken connection. */
const readBytes = async (request: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size <= MAX_BODY_BYTES) chunks.push(chunk);
      else chunks.length = 0;
    }
  } catch (cause) {
    throw new AppError('request-incomplete', 400, 'The request ended before its body did.', { cause });
  }
  if (size > MAX_BODY_BYTES) throw tooLarge();
  return Buffer.concat(chunks);
};

const decompress = async (bytes: Buffer): Promise<Buffer> => {
  try {
    return await gunzipAsync(bytes, { maxOutputLength: MAX_BODY_BYTES });
  } catch (error) {
    if (error instanceof RangeError) throw tooLarge();
    throw invalid('is not in gzip format', '');
  }
};

/**
 * The export request of a body as one line of JSON.
 *
 * @throws AppError with status 400, 413 or 415
 */
export const readExport = async (request: IncomingMessage, kind: SignalKind): Promise<string> => {
  const type = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/json') throw new AppError('unsupported-media-type', 415, 'Only application/json is taken.');
  const encoding = request.headers['content-encoding']?.trim().toLowerCase() ?? 'identity';
  if (encoding !== 'identity' && encoding !== 'gzip') {
    throw new AppError('unsupported-encoding', 415, 'Only gzip compression is taken.', {
      headers: { 'accept-encoding': 'gzip, identity' },
    });
  }
  const bytes = await readBytes(request);
  const text = (encoding === 'gzip' ? await decompress(bytes) : bytes).toString('utf8');
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    throw invalid('is not JSON', '');
  }
  const member = MEMBER[kind];
  if (typeof body !== 'object' || body === null || !Object.hasOwn(body, member)) throw invalid('is missing', `/${member}`);
  if (!Array.isArray((body as Record<string, unknown>)[member])) throw invalid('must be an array', `/${member}`);
  // It is written anew, so that it is one line whichever white space it came with.
  return JSON.stringify(body);
};
