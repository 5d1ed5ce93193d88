import { once } from 'node:events';
import { readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connect, type TLSSocket } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { AppError } from '#infra/apperr/app-error.ts';
import { clientTlsOptions, readTls } from '#infra/tls/options.ts';
import { peerOf, type Peer } from '#infra/tls/peer.ts';
import { reloadOnChange } from '#infra/tls/reload.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import { connectAndEcho, echo, echoServer, testTls } from '../../support/tls.ts';

/** How a refusal looks to the client: Node's server hangs up, or sends an alert. */
const CUT_OFF = /closed the connection|ECONNRESET|EPIPE|socket hang up|alert/;
const FOREIGN = /self-signed certificate|unable to|certificate signature/;

const caOf = async (file: string) => readFile(file, 'utf8');

describe('a TLS connection', () => {
  it('is TLS 1.3', async () => {
    await using folder = await temporaryDirectory();
    const store = await testTls(folder.path);
    await using server = await echoServer({ store });
    const socket = await connectAndEcho({ ...clientTlsOptions({ ca: await caOf(store.caFile) }), port: server.port });
    expect(socket.getProtocol()).toBe('TLSv1.3');
    expect(socket.authorized).toBe(true);
    socket.destroy();
  });

  it('is refused by the server for a client that speaks TLS 1.2 at most', async () => {
    await using folder = await temporaryDirectory();
    const store = await testTls(folder.path);
    await using server = await echoServer({ store });
    const client = { ca: await caOf(store.caFile), minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2', port: server.port } as const;
    await expect(connectAndEcho(client)).rejects.toMatchObject({ code: 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION' });
  });

  it('is refused by the client for a server of another CA', async () => {
    await using folder = await temporaryDirectory();
    await using other = await temporaryDirectory();
    const [store, foreign] = [await testTls(folder.path), await testTls(other.path)];
    await using server = await echoServer({ store });
    const client = { ...clientTlsOptions({ ca: await caOf(foreign.caFile) }), port: server.port };
    await expect(connectAndEcho(client)).rejects.toMatchObject({ code: expect.stringMatching(/SELF_SIGNED|UNABLE_TO|CERT_SIGNATURE/) });
  });

  it('is refused by the client for a name that the certificate does not hold', async () => {
    await using folder = await temporaryDirectory();
    const store = await testTls(folder.path);
    await using server = await echoServer({ store });
    const client = { ...clientTlsOptions({ ca: await caOf(store.caFile) }), port: server.port };
    await expect(connectAndEcho({ ...client, servername: 'identity.example' })).rejects.toMatchObject({
      code: 'ERR_TLS_CERT_ALTNAME_INVALID',
    });
  });

  it('is refused by the client for a client certificate that plays server', async () => {
    await using folder = await temporaryDirectory();
    const store = await testTls(folder.path);
    await using server = await echoServer({ store: { ...store, leaf: () => store.leaf('client') } });
    const client = { ...clientTlsOptions({ ca: await caOf(store.caFile) }), port: server.port };
    await expect(connectAndEcho(client)).rejects.toMatchObject({ code: 'INVALID_PURPOSE' });
  });

  it('is verified even where the environment asks for no verification', async () => {
    await using folder = await temporaryDirectory();
    await using other = await temporaryDirectory();
    const [store, foreign] = [await testTls(folder.path), await testTls(other.path)];
    await using server = await echoServer({ store });
    const variable = ['NODE_TLS', 'REJECT', 'UNAUTHORIZED'].join('_');
    process.env[variable] = '0';
    try {
      await expect(connectAndEcho({ ...clientTlsOptions({ ca: await caOf(foreign.caFile) }), port: server.port })).rejects.toThrow(FOREIGN);
    } finally {
      delete process.env[variable];
    }
  });
});

describe('a server that requires client certificates', () => {
  it('takes one of its CA and knows who it is', async () => {
    await using folder = await temporaryDirectory();
    const uri = `urn:passthru:tenant:${crypto.randomUUID()}`;
    const leaves = [
      { name: 'server', kind: 'server', commonName: 'server', names: ['localhost'] },
      { name: 'client', kind: 'client', commonName: 'Zoë at kms.example/2', uriSans: [uri] },
    ] as const;
    const store = await testTls(folder.path, { leaves });
    const peers: (Peer | null)[] = [];
    await using server = await echoServer({ store, clientCertificate: 'require', onConnection: (socket) => peers.push(peerOf(socket)) });
    const pem = await readTls(store.leaf('client'));
    const socket = await connectAndEcho({ ...clientTlsOptions(pem), port: server.port });
    socket.destroy();
    expect(peers).toHaveLength(1);
    expect(peers[0]).toMatchObject({ commonName: 'Zoë at kms.example/2', uriSans: [uri] });
    expect(peers[0]?.pem.trim()).toBe(pem.cert.slice(0, pem.cert.indexOf('-----END') + 25).trim());
  });

  for (const clientCertificate of ['require', 'request'] as const) {
    it(`refuses one of another CA (${clientCertificate})`, async () => {
      await using folder = await temporaryDirectory();
      await using other = await temporaryDirectory();
      const [store, foreign] = [await testTls(folder.path), await testTls(other.path)];
      await using server = await echoServer({ store, clientCertificate });
      const { cert, key } = await readTls(foreign.leaf('client'));
      await expect(connectAndEcho({ ...clientTlsOptions({ ca: await caOf(store.caFile), cert, key }), port: server.port })).rejects.toThrow(
        CUT_OFF,
      );
    });

    it(`refuses a server certificate that plays client (${clientCertificate})`, async () => {
      await using folder = await temporaryDirectory();
      const store = await testTls(folder.path);
      await using server = await echoServer({ store, clientCertificate });
      await expect(connectAndEcho({ ...clientTlsOptions(await readTls(store.leaf('server'))), port: server.port })).rejects.toThrow(
        CUT_OFF,
      );
    });
  }

  it('refuses a client without one', async () => {
    await using folder = await temporaryDirectory();
    const store = await testTls(folder.path);
    await using server = await echoServer({ store, clientCertificate: 'require' });
    await expect(connectAndEcho({ ...clientTlsOptions({ ca: await caOf(store.caFile) }), port: server.port })).rejects.toThrow(CUT_OFF);
  });
});

describe('a server that requests client certificates', () => {
  it('takes a client without one, and knows nobody', async () => {
    await using folder = await temporaryDirectory();
    const store = await testTls(folder.path);
    const peers: (Peer | null)[] = [];
    await using server = await echoServer({ store, clientCertificate: 'request', onConnection: (socket) => peers.push(peerOf(socket)) });
    (await connectAndEcho({ ...clientTlsOptions({ ca: await caOf(store.caFile) }), port: server.port })).destroy();
    expect(peers).toEqual([null]);
  });
});

describe('a peer', () => {
  it('is nobody on a socket that is not TLS', () => {
    expect(peerOf(null)).toBeNull();
    expect(peerOf({ authorized: true })).toBeNull();
  });
});

describe('a server whose certificate is replaced', () => {
  it('gives the new one to new connections, keeps open ones, and still requires client certificates', async () => {
    await using folder = await temporaryDirectory();
    const store = await testTls(folder.path);
    await using server = await echoServer({ store, clientCertificate: 'require' });
    const reloaded = Promise.withResolvers<void>();
    using _reload = reloadOnChange(server.server, store.leaf('server'), {
      name: 'test',
      onReload: reloaded.resolve,
      onError: reloaded.reject,
    });
    const client = { ...clientTlsOptions(await readTls(store.leaf('client'))), port: server.port };
    const open = await connectAndEcho(client);
    const before = open.getPeerX509Certificate()?.fingerprint256;

    await testTls(folder.path, {
      leaves: [{ name: 'server', kind: 'server', commonName: 'server', names: ['localhost', '127.0.0.1', 'new.passthru.demo.local'] }],
    });
    await reloaded.promise;

    const after = await connectAndEcho(client);
    expect(after.getPeerX509Certificate()?.fingerprint256).not.toBe(before);
    expect(after.getPeerX509Certificate()?.subjectAltName).toContain('new.passthru.demo.local');
    await echo(open);
    await expect(connectAndEcho({ ...clientTlsOptions({ ca: await caOf(store.caFile) }), port: server.port })).rejects.toThrow(CUT_OFF);
    const old = connect({ ...client, host: '127.0.0.1', minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' });
    await expect(once(old, 'secureConnect')).rejects.toThrow(/protocol version/);
    for (const socket of [open, after] satisfies TLSSocket[]) socket.destroy();
  });

  it('keeps the old one while the files do not fit together, says so, and takes the new ones when they do', async () => {
    await using folder = await temporaryDirectory();
    await using other = await temporaryDirectory();
    const [store, next] = [await testTls(folder.path), await testTls(other.path)];
    await using server = await echoServer({ store });
    const wrong = Promise.withResolvers<unknown>();
    const reloaded = Promise.withResolvers<void>();
    using _reload = reloadOnChange(server.server, store.leaf('server'), {
      name: 'test',
      onReload: reloaded.resolve,
      onError: wrong.resolve,
    });
    const client = { ...clientTlsOptions({ ca: await caOf(store.caFile) }), port: server.port };

    await writeFile(store.leaf('server').key, await readFile(next.leaf('server').key));
    expect(String(await wrong.promise)).toMatch(/key values mismatch/i);
    (await connectAndEcho(client)).destroy();

    await writeFile(store.leaf('server').cert, await readFile(next.leaf('server').cert));
    await reloaded.promise;
    (await connectAndEcho({ ...client, ca: await caOf(next.caFile) })).destroy();
  });

  it('gives the new one where the file system tells of no change, once the job looks, which fails while the files do not fit together', async () => {
    await using folder = await temporaryDirectory();
    await using other = await temporaryDirectory();
    await using links = await temporaryDirectory();
    const [store, next] = [await testTls(folder.path), await testTls(other.path)];
    const [leaf, nextLeaf] = [store.leaf('server'), next.leaf('server')];
    // A watch of the folder of a link hears nothing of the file behind it.
    const linked = { ca: join(links.path, 'ca.pem'), cert: join(links.path, 'server.pem'), key: join(links.path, 'server.key') };
    for (const part of ['ca', 'cert', 'key'] as const) await symlink(leaf[part], linked[part]);
    await using server = await echoServer({ store });
    const events: string[] = [];
    using reload = reloadOnChange(server.server, linked, {
      name: 'test',
      onReload: () => void events.push('reloaded'),
      onError: () => void events.push('error'),
    });
    const look = () => reload.job.run(new AbortController().signal);
    expect(reload.job.name).toBe('certificates-test');
    await look();

    await writeFile(leaf.key, await readFile(nextLeaf.key));
    await expect(look()).rejects.toThrow(/key values mismatch/i);
    await writeFile(leaf.cert, await readFile(nextLeaf.cert));
    await look();
    (await connectAndEcho({ ...clientTlsOptions({ ca: await caOf(next.caFile) }), port: server.port })).destroy();
    expect(events).toEqual(['reloaded']);
  });
});

describe('TLS files', () => {
  it('that are missing are named by base name and role', async () => {
    await using folder = await temporaryDirectory();
    const store = await testTls(folder.path);
    const error = await readTls({ ...store.leaf('server'), key: `${folder.path}/absent.key` }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(AppError);
    expect(error).toMatchObject({ code: 'tls-file-unreadable', message: 'the TLS file absent.key (the private key) cannot be read' });
  });
});
