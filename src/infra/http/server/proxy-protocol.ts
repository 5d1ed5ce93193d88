import type { Server } from 'node:https';
import type { Socket } from 'node:net';
import { networksOf } from './networks.ts';

const SIGNATURE = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');
const HEAD_BYTES = 16;
/** Bytes after the head: addresses, and additions that nobody here reads. */
const MAX_BODY_BYTES = 1024;
/** Milliseconds until the first bytes of a connection must be here. */
const TIMEOUT_MS = 5_000;

const VERSION_2 = 2;
const COMMAND = { local: 0, proxy: 1 } as const;
/** Family and transport; bytes of one address, and where its port stands. */
const TCP_OVER_IPV4 = 0x11;
const TCP_OVER_IPV6 = 0x21;

interface Client {
  readonly address: string;
  readonly port: number;
}

/** `needed`: bytes that are to come before more can be said. `client` is null where the header names none. */
type Parsed =
  | { readonly kind: 'needed' }
  | { readonly kind: 'none' }
  | { readonly kind: 'header'; readonly bytes: number; readonly client: Client | null }
  | { readonly kind: 'malformed' };

const ipv6 = (bytes: Buffer): string => Array.from({ length: 8 }, (_, group) => bytes.readUInt16BE(group * 2).toString(16)).join(':');

const clientOf = (family: number, body: Buffer): Client | null => {
  if (family === TCP_OVER_IPV4 && body.length >= 12) return { address: body.subarray(0, 4).join('.'), port: body.readUInt16BE(8) };
  if (family === TCP_OVER_IPV6 && body.length >= 36) return { address: ipv6(body.subarray(0, 16)), port: body.readUInt16BE(32) };
  return null;
};

/**
 * Reads the first bytes of a connection: a header of the PROXY protocol, version 2, or something else, such as TLS.
 *
 * @see https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt section 2.2
 */
export const parseProxyHeader = (bytes: Buffer): Parsed => {
  const seen = Math.min(bytes.length, SIGNATURE.length);
  if (!bytes.subarray(0, seen).equals(SIGNATURE.subarray(0, seen))) return { kind: 'none' };
  if (bytes.length < HEAD_BYTES) return { kind: 'needed' };
  const [version, command] = [bytes.readUInt8(12) >> 4, bytes.readUInt8(12) & 0x0f];
  const length = bytes.readUInt16BE(14);
  const isKnown = version === VERSION_2 && (command === COMMAND.local || command === COMMAND.proxy);
  if (!isKnown || length > MAX_BODY_BYTES) return { kind: 'malformed' };
  if (bytes.length < HEAD_BYTES + length) return { kind: 'needed' };
  const body = bytes.subarray(HEAD_BYTES, HEAD_BYTES + length);
  // `local` is a connection of the balancer itself, such as a health check.
  const client = command === COMMAND.local ? null : clientOf(bytes.readUInt8(13), body);
  return { kind: 'header', bytes: HEAD_BYTES + length, client };
};

const keyOf = (socket: Socket): string => `${socket.remoteAddress} ${socket.remotePort}`;

/**
 * Behind a balancer that passes TLS through, every connection has the balancer's address. From these networks a connection must
 * begin with a header of the PROXY protocol, version 2, and has the address that stands there; one without such a header is cut off.
 * Were it taken as it is, a balancer that sends none would hand on the bytes of its clients, each of whom could write a header with any
 * address. From anywhere else the header is no beginning of TLS, and the connection fails. Call it on a new server.
 *
 * @param onHeaderless hears of each connection that is cut off because it has no header
 * @throws AppError `config-invalid` for a text that is no network
 * @see https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt section 2: "The receiver MUST NOT try to guess whether the protocol header
 *   is present or not"
 */
export const requireProxyProtocol = (server: Server, networks: readonly string[], onHeaderless: (address: string) => void): void => {
  if (networks.length === 0) return;
  const isTrusted = networksOf(networks, 'server.proxy_networks');
  const [accept] = server.listeners('connection') as ((socket: Socket) => void)[];
  if (accept === undefined) throw new TypeError('the server of TLS listens to its connections');
  /** Clients by the address of the balancer's end, which the TCP connection and the TLS on top of it have in common. */
  const clients = new Map<string, Client>();

  const readHeader = (socket: Socket): void => {
    let bytes = Buffer.alloc(0);
    const end = (): void => {
      clearTimeout(timer);
      socket.off('readable', onReadable);
      socket.off('error', end);
      socket.off('close', end);
    };
    const timer = setTimeout(() => socket.destroy(), TIMEOUT_MS);
    const onReadable = (): void => {
      for (let chunk = socket.read() as Buffer | null; chunk !== null; chunk = socket.read() as Buffer | null)
        bytes = Buffer.concat([bytes, chunk]);
      const parsed = parseProxyHeader(bytes);
      if (parsed.kind === 'needed') return;
      end();
      if (parsed.kind !== 'header') {
        // Who closes without a word is no balancer: it only looks whether the port is open.
        if (parsed.kind === 'none' && bytes.length > 0) onHeaderless(socket.remoteAddress ?? '');
        socket.destroy();
        return;
      }
      const rest = bytes.subarray(parsed.bytes);
      if (parsed.client !== null) {
        const key = keyOf(socket);
        clients.set(key, parsed.client);
        // The balancer may use a port again before the end of the last connection from it is seen here.
        socket.once('close', () => clients.get(key) === parsed.client && clients.delete(key));
      }
      if (rest.length > 0) socket.unshift(rest);
      accept.call(server, socket);
    };
    socket.on('readable', onReadable);
    socket.on('error', end);
    socket.on('close', end);
  };

  server.off('connection', accept);
  server.on('connection', (socket: Socket) => (isTrusted(socket.remoteAddress) ? readHeader(socket) : accept.call(server, socket)));
  server.on('secureConnection', (socket: Socket) => {
    const key = keyOf(socket);
    const client = clients.get(key);
    if (client === undefined) return;
    clients.delete(key);
    Object.defineProperties(socket, { remoteAddress: { value: client.address }, remotePort: { value: client.port } });
  });
};
