import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { randomUUIDv7 } from 'node:crypto';
import { BlockList, isIPv6 } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { Report } from '#demo/report.ts';
import { canCapture, startCapture } from '#test/e2e/capture/bridge-capture.ts';
import type { Segment } from '#test/e2e/capture/pcap.ts';
import { beginsTls, plaintextIn } from '#test/e2e/capture/plaintext.ts';
import { demoPlace } from '#test/support/cli.ts';
import { containersOf, docker } from '#test/support/docker-stack.ts';
import { dockerEngine } from '#test/support/docker.ts';

/** Where containers listen: PostgreSQL, OTLP, both servers, their admin listeners, the collector's health. */
const PORTS = [5432, 4318, 8081, 8082, 9081, 9082, 13_133];

/** Answers whoever speaks in clear on the ports of three protocols. */
const TALKS_PLAIN = `
const net = require('node:net');
const answer = (socket) => socket.on('error', () => {}).once('data', () => socket.end('HTTP/1.1 200 OK\\r\\nContent-Length: 0\\r\\n\\r\\n'));
let open = 0;
for (const port of [8081, 4318, 5432]) net.createServer(answer).listen(port, () => { if (++open === 3) console.log('listening'); });
`;

/** Says in clear what no service of ours may: plain HTTP, an OTLP export, and the start of a PostgreSQL session without TLS. */
const SPEAKS_PLAIN = `
const net = require('node:net');
const say = (port, bytes) => new Promise((resolve, reject) =>
  net.connect(port, process.argv[1], function () { this.write(bytes); }).on('error', reject).on('data', () => {}).on('end', resolve));
const parameters = 'user\\0nobody\\0database\\0select ' + process.argv[2] + '\\0\\0';
const startUp = Buffer.alloc(8 + parameters.length);
startUp.writeUInt32BE(startUp.length, 0);
startUp.writeUInt32BE(196608, 4);
startUp.write(parameters, 8);
const spans = JSON.stringify({ resourceSpans: [] });
(async () => {
  await say(8081, 'GET /livez HTTP/1.1\\r\\nHost: control\\r\\n\\r\\n');
  await say(4318, 'POST /v1/traces HTTP/1.1\\r\\nHost: control\\r\\nContent-Length: ' + spans.length + '\\r\\n\\r\\n' + spans);
  await say(5432, startUp);
})();
`;

interface Network {
  readonly IPAM: { readonly Config: readonly { readonly Subnet: string }[] };
}

interface Inspected {
  readonly Image: string;
  readonly NetworkSettings: { readonly Networks: Readonly<Record<string, { readonly IPAddress: string }>> };
}

const inspect = async (id: string): Promise<Inspected> => {
  const [found] = JSON.parse(await docker('inspect', id)) as readonly Inspected[];
  if (found === undefined) throw new Error(`no container ${id}`);
  return found;
};

/** All addresses that the containers of these networks can have. */
const addressesOf = async (networks: readonly string[]): Promise<BlockList> => {
  const found = JSON.parse(await docker('network', 'inspect', ...networks)) as readonly Network[];
  const addresses = new BlockList();
  for (const { Subnet } of found.flatMap(({ IPAM }) => IPAM.Config)) {
    const [network = '', prefix] = Subnet.split('/');
    addresses.addSubnet(network, Number(prefix), isIPv6(network) ? 'ipv6' : 'ipv4');
  }
  return addresses;
};

/** Two throw-away containers on a network; one speaks in clear to the other, the mark last. Answers with the address of the one that listens. */
const speakInClear = async ({ network, image, mark }: { network: string; image: string; mark: string }): Promise<string> => {
  const name = `control-${randomUUIDv7()}`;
  const common = ['run', '--rm', '--network', network, '--entrypoint', 'node'];
  const server = spawn('docker', [...common, '--name', name, image, '-e', TALKS_PLAIN], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(server, 'exit');
  try {
    await Promise.race([once(server.stdout, 'data'), ended.then(() => Promise.reject(new Error('the control ended before it listened')))]);
    await docker(...common, image, '-e', SPEAKS_PLAIN, name, mark);
    return Object.values((await inspect(name)).NetworkSettings.Networks)[0]?.IPAddress ?? '';
  } finally {
    await docker('rm', '--force', name);
    await ended;
  }
};

const place = ({ source, sourcePort, target, targetPort }: Segment) => `${source}:${sourcePort} → ${target}:${targetPort}`;

/** The first bytes of the client on each connection. */
const openings = (segments: readonly Segment[]): readonly Segment[] => {
  const first = new Map<string, Segment>();
  for (const segment of segments) {
    if (PORTS.includes(segment.targetPort) && segment.payload.length > 0 && !first.has(place(segment))) first.set(place(segment), segment);
  }
  return [...first.values()];
};

describe.runIf((await dockerEngine()) && (await canCapture()))('the Docker bridges during passthru demo all', () => {
  it('carry TLS and nothing that can be read, while what two other containers say in clear is seen', { timeout: 900_000 }, async () => {
    await using demo = await demoPlace('docker');
    await using capture = await startCapture(PORTS);
    const { code, stdout, stderr } = await demo.run('demo', 'all', '--output', 'json');
    if (stdout === '') throw new Error(`passthru demo all ended with ${code}:\n${stderr}`);
    const report = JSON.parse(stdout) as Report;
    expect(report.steps.filter(({ status }) => status !== 'passed')).toEqual([]);
    expect(code).toBe(0);

    const kms = (await containersOf(demo)).find(({ service }) => service === 'kms');
    const { Image, NetworkSettings } = await inspect(kms?.id ?? 'kms');
    const names = Object.keys(NetworkSettings.Networks);
    const network = names.find((name) => name.endsWith('_kms-database-network'));
    const addresses = await addressesOf(names);
    const mark = randomUUIDv7();
    const control = await speakInClear({ network: network ?? '', image: Image, mark });
    await capture.seen(mark);
    const { segments, dropped } = await capture.stop();
    expect(dropped).toBe(0);

    const isOnBridges = (address: string) => addresses.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
    const onBridges = segments.filter(({ source, target }) => isOnBridges(source) && isOnBridges(target));
    const [ours, theirs] = [
      onBridges.filter(({ source, target }) => source !== control && target !== control),
      onBridges.filter(({ source, target }) => source === control || target === control),
    ];

    // The capture and the search work: what was said in clear is found, by each of its marks, on each of its ports.
    const heard = new Set(theirs.flatMap((segment) => plaintextIn(segment).map((what) => `${what} on ${segment.targetPort}`)));
    for (const what of ['http on 8081', 'http on 4318', 'otlp on 4318', 'postgres start-up on 5432', 'sql on 5432']) {
      expect([...heard]).toContain(what);
    }
    expect(openings(theirs).filter(beginsTls)).toEqual([]);

    // The stack spoke on its bridges, and whoever opened a connection began with TLS.
    const begun = openings(ours);
    const spokenTo = new Set(begun.map(({ targetPort }) => targetPort));
    for (const port of PORTS) expect([...spokenTo]).toContain(port);
    expect(begun.filter((segment) => !beginsTls(segment)).map(place)).toEqual([]);
    expect(ours.flatMap((segment) => plaintextIn(segment).map((what) => `${what}: ${place(segment)}`))).toEqual([]);
  });
});
