import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { randomUUIDv7 } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TlsFiles } from '#infra/tls/config.ts';
import { prepareTls } from '#infra/tls/authority/store.ts';

/** A throw-away certificate authority with a server and a client certificate, on disk. */
export interface Pki extends AsyncDisposable {
  readonly folder: string;
  readonly ca: string;
  readonly server: TlsFiles;
  readonly client: TlsFiles & { readonly certPem: string; readonly keyPem: string };
}

export const makePki = async (): Promise<Pki> => {
  const folder = await mkdtemp(join(tmpdir(), `pki-${randomUUIDv7()}-`));
  const store = await prepareTls({
    directory: folder,
    leaves: [
      { name: 'server', kind: 'server', commonName: 'localhost', names: ['localhost', '127.0.0.1'] },
      { name: 'client', kind: 'client', commonName: 'test-client' },
    ],
  });
  const client = store.leaf('client');
  return {
    folder,
    ca: await readFile(store.caFile, 'utf8'),
    server: store.leaf('server'),
    client: { ...client, certPem: await readFile(client.cert, 'utf8'), keyPem: await readFile(client.key, 'utf8') },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
};
