import { connect, createServer } from 'node:net';
import { listening } from './listening.ts';

/** The first bytes of every header of version 2. */
export const SIGNATURE = Buffer.from('0d0a0d0a000d0a515549540a', 'hex');

/** A header as a balancer writes it; by default it proxies TCP over IPv4. */
export const proxyHeader = (body: Buffer, { command = 0x21, family = 0x11 } = {}): Buffer => {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(body.length);
  return Buffer.concat([SIGNATURE, Buffer.from([command, family]), length, body]);
};

const port = (value: number): Buffer => Buffer.from([value >> 8, value & 0xff]);

/** The header of a client at port 40,000. @param rest what follows the addresses */
export const proxyTcp4 = (client: string, rest = ''): Buffer =>
  proxyHeader(
    Buffer.concat([Buffer.from(client.split('.').map(Number)), Buffer.from([10, 0, 0, 1]), port(40_000), port(8081), Buffer.from(rest)]),
  );

/** @param client 16 bytes in hexadecimal digits */
export const proxyTcp6 = (client: string): Buffer =>
  proxyHeader(Buffer.concat([Buffer.from(client, 'hex'), Buffer.alloc(16), port(40_000), port(8081)]), { family: 0x21 });

/**
 * A balancer that passes TLS through and says that every connection is of this client.
 *
 * @param address its own; of the loopback
 */
export const balancerFor = (client: string, server: number, address = '127.0.0.1'): Promise<AsyncDisposable & { readonly port: number }> =>
  listening(
    createServer((from) => {
      const to = connect({ port: server, host: '127.0.0.1', localAddress: address });
      for (const [socket, other] of [
        [from, to],
        [to, from],
      ] as const) {
        socket.on('error', () => socket.destroy()).on('close', () => other.destroy());
      }
      to.write(proxyTcp4(client));
      from.pipe(to).pipe(from);
    }),
  );
