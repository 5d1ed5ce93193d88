import type { ShownClient } from '#client/admin/identity-clients.ts';
import type { OperatorResult } from '../operator/operator-command.ts';

export const lineOfClient = ({ client_id: id, name, source, disabled }: ShownClient): string =>
  `${disabled ? 'disabled' : 'enabled '}  ${source.padEnd(13)}  ${id}  ${name}`;

const isNothing = (value: unknown): boolean => value === null || (Array.isArray(value) && value.length === 0);

const textOf = (value: unknown): string => {
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value.join(' ');
  return typeof value === 'string' ? value : JSON.stringify(value);
};

/** Each field that has something, a line each. */
export const linesOfClient = (client: ShownClient): readonly string[] => {
  const shown = Object.entries(client).filter(([, value]) => !isNothing(value));
  const width = Math.max(...shown.map(([name]) => name.length));
  return shown.map(([name, value]) => `${name.padEnd(width)}  ${textOf(value)}`);
};

/** @param done in the past: `changed`, `removed` */
export const changedClient = (client: ShownClient, done: string): OperatorResult => ({
  document: { version: 1, client },
  lines: [`${done.charAt(0).toUpperCase()}${done.slice(1)}: ${lineOfClient(client)}`],
  short: [client.client_id],
  record: { body: `${done} client ${client.client_id}`, attributes: { 'passthru.client.id': client.client_id } },
});
