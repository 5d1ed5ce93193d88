import { capitalized } from '#infra/lines/capitalized.ts';
import type { ShownClient } from '#client/admin/identity-clients.ts';
import { type TableLayout, tableLines } from '#cli/reporters/lines/table.ts';
import type { OperatorResult } from '../operator/operator-command.ts';

const stateOf = ({ disabled }: ShownClient): string => (disabled ? 'disabled' : 'enabled');

/** A table of clients. */
export const clientTable = (clients: readonly ShownClient[], layout: TableLayout): readonly string[] =>
  tableLines(
    ['Client', 'State', 'Source', 'Proves itself by', 'Name'],
    clients.map((client) => [client.client_id, stateOf(client), client.source, client.token_endpoint_auth_method, client.name]),
    layout,
  );

/** For a log. */
export const recordOfClient = (client: ShownClient, body: string) => ({
  body,
  attributes: {
    'passthru.client.id': client.client_id,
    'passthru.client.name': client.name,
    'passthru.client.source': client.source,
    'passthru.client.state': stateOf(client),
  },
});

const isNothing = (value: unknown): boolean => value === null || (Array.isArray(value) && value.length === 0);

const textOf = (value: unknown): string => {
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value.join(' ');
  return typeof value === 'string' ? value : JSON.stringify(value);
};

const wordsOfSecret = ({ made_at, previous_ends_at }: NonNullable<ShownClient['secret']>): string =>
  `made at ${made_at}${previous_ends_at === null ? '' : `, and the one before is good until ${previous_ends_at}`}`;

/** Each field that has something, a line each. */
export const linesOfClient = (client: ShownClient): readonly string[] => {
  const fields = { ...client, secret: client.secret === null ? null : wordsOfSecret(client.secret) };
  const shown = Object.entries(fields).filter(([, value]) => !isNothing(value));
  const width = Math.max(...shown.map(([name]) => name.length));
  return shown.map(([name, value]) => `${name.padEnd(width)}  ${textOf(value)}`);
};

/** @param done in the past: `changed`, `removed` */
export const changedClient = (client: ShownClient, done: string): OperatorResult => ({
  document: { version: 1, client },
  lines: [`${capitalized(done)} client ${client.client_id} (${client.name})`],
  short: [client.client_id],
  record: recordOfClient(client, `${done} client ${client.client_id}`),
});
