import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PostgresConfig } from '#infra/database/config.ts';
import { createAuthority } from '#infra/tls/authority/create-authority.ts';
import type { TlsFiles } from '#infra/tls/config.ts';

/** The superuser, and the name in the certificate of the tests. */
export const USER = 'passthru';
/** Members of this role are asked for a password beside their certificate; a test that wants some makes it. */
export const PASSWORD_ROLE = 'asked_for_password';
export const LOOPBACK = '127.0.0.1';

export interface Workspace {
  readonly folder: string;
  readonly server: TlsFiles;
  clientOf(user: string): Promise<TlsFiles>;
  /** The configuration of a client, and the file that holds it. */
  publish(address: { readonly host: string; readonly port: number }): Promise<{ config: PostgresConfig; configFile: string }>;
  remove(): Promise<void>;
}

/** A folder with a throw-away authority and the certificate of a server whose only name is `host`. */
export const createWorkspace = async (host: string): Promise<Workspace> => {
  const folder = await mkdtemp(join(tmpdir(), 'passthru-postgres-'));
  const write = async (name: string, text: string): Promise<string> => {
    const file = join(folder, name);
    await writeFile(file, text, { mode: 0o600 });
    return file;
  };
  const authority = await createAuthority({});
  const ca = await write('ca.pem', authority.rootPem);
  const filesOf = async (name: string, { certPem, keyPem }: { certPem: string; keyPem: string }): Promise<TlsFiles> => ({
    ca,
    cert: await write(`${name}.pem`, certPem),
    key: await write(`${name}.key`, keyPem),
  });
  const clientOf = async (user: string): Promise<TlsFiles> => filesOf(user, await authority.issue({ kind: 'client', commonName: user }));
  return {
    folder,
    server: await filesOf('server', await authority.issue({ kind: 'server', commonName: 'postgres', names: [host] })),
    clientOf,
    publish: async ({ host: at, port }) => {
      const config: PostgresConfig = { kind: 'postgres', host: at, port, database: 'postgres', user: USER, tls: await clientOf(USER) };
      return { config, configFile: await write('database.json', JSON.stringify(config)) };
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
};

/** Rules of pg_hba.conf: a client from these addresses with a certificate in the name of the user may come in, and nobody else. */
export const accessRules = (from: string): string =>
  `hostssl all +${PASSWORD_ROLE} ${from} scram-sha-256 clientcert=verify-full\nhostssl all all ${from} cert\n`;

/** Arguments of `initdb`: no way in but what `accessRules` opens. */
export const initArguments = (data: string): readonly string[] =>
  `--pgdata ${data} --username ${USER} --encoding UTF8 --locale C --auth reject --no-sync`.split(' ');

/** Arguments of `postgres`, for both providers. */
export const serverArguments = (options: { readonly listen: string; readonly port: number; readonly tls: TlsFiles }): readonly string[] =>
  Object.entries({
    listen_addresses: options.listen,
    port: String(options.port),
    unix_socket_directories: '',
    ssl: 'on',
    ssl_min_protocol_version: 'TLSv1.3',
    ssl_ca_file: options.tls.ca,
    ssl_cert_file: options.tls.cert,
    ssl_key_file: options.tls.key,
    // Nothing here outlives the tests, or the machine: a crash in a test is one of the server, which the log without whole pages mends.
    fsync: 'off',
    full_page_writes: 'off',
    max_connections: '200',
  }).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
