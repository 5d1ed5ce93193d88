import type { Segment } from './pcap.ts';

/** Port of PostgreSQL, whose clients ask for TLS before they speak it. */
const POSTGRES = 5432;
/** The requests that a client of PostgreSQL may make before TLS: nothing but TLS itself. */
const SSL_REQUEST = 80_877_103;

const HTTP = ['HTTP/1.', 'GET /', 'POST /'];
/** Names that every export request has, as JSON or as Protocol Buffers, which leave texts as they are. */
const OTLP = ['resourceSpans', 'resourceMetrics', 'resourceLogs', 'service.name', 'telemetry.sdk'];
const SQL = /\b(select|insert into|update|create table)\b/i;

/** Kinds of plain text in a segment that nobody should be able to read: `http`, `otlp`, `postgres start-up`, `sql`; empty where there is none. */
export const plaintextIn = ({ sourcePort, targetPort, payload }: Segment): readonly string[] => {
  if (payload.length === 0) return [];
  const text = payload.toString('latin1');
  const isPostgres = sourcePort === POSTGRES || targetPort === POSTGRES;
  return [
    ...(HTTP.some((word) => text.includes(word)) ? ['http'] : []),
    ...(OTLP.some((word) => text.includes(word)) ? ['otlp'] : []),
    ...(isPostgres && targetPort === POSTGRES && isStartUp(payload) ? ['postgres start-up'] : []),
    ...(isPostgres && SQL.test(text) ? ['sql'] : []),
  ];
};

/** A message that begins with its own length and a request code, but for the one that asks for TLS. @see PostgreSQL, 53.7 Message Formats */
const isStartUp = (payload: Buffer): boolean =>
  payload.length >= 8 && payload.readUInt32BE(0) === payload.length && payload.readUInt32BE(4) !== SSL_REQUEST;

/** True for a client that begins as it must: with a TLS handshake record, or by asking PostgreSQL for TLS. */
export const beginsTls = ({ targetPort, payload }: Segment): boolean =>
  (payload[0] === 0x16 && payload[1] === 0x03) ||
  (targetPort === POSTGRES && payload.length === 8 && payload.readUInt32BE(4) === SSL_REQUEST);
