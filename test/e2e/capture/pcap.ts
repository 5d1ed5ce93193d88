/** One TCP segment as it stood on a wire. */
export interface Segment {
  readonly source: string;
  readonly sourcePort: number;
  readonly target: string;
  readonly targetPort: number;
  /** Empty for a bare acknowledgement. */
  readonly payload: Buffer;
}

/** Link types of `tcpdump -i any`, Linux cooked captures: where the protocol and the packet begin. */
const COOKED: Readonly<Record<number, { readonly protocolAt: number; readonly packetAt: number }>> = {
  113: { protocolAt: 14, packetAt: 16 },
  276: { protocolAt: 0, packetAt: 20 },
};
const [IPV4, IPV6, TCP] = [0x0800, 0x86dd, 6];
const [FILE_HEADER, RECORD_HEADER] = [24, 16];

/**
 * The TCP segments of a capture file, in the order of their capture; one that crossed several interfaces comes several times.
 *
 * @throws TypeError for another format than that of `tcpdump -i any -w`, or for a packet that was cut
 * @see draft-ietf-opsawg-pcap, section 4; LINKTYPE_LINUX_SLL and LINKTYPE_LINUX_SLL2
 */
export const segmentsOf = function* (file: Buffer): Iterable<Segment> {
  const magic = file.length < FILE_HEADER ? 0 : file.readUInt32LE(0);
  const cooked = COOKED[file.length < FILE_HEADER ? 0 : file.readUInt32LE(20) & 0xffff];
  if ((magic !== 0xa1b2c3d4 && magic !== 0xa1b23c4d) || cooked === undefined) throw new TypeError('no capture of all interfaces');
  for (let at = FILE_HEADER; at + RECORD_HEADER <= file.length;) {
    const [captured, length] = [file.readUInt32LE(at + 8), file.readUInt32LE(at + 12)];
    if (captured < length) throw new TypeError(`a packet of ${length} bytes was cut to ${captured}`);
    const record = file.subarray(at + RECORD_HEADER, at + RECORD_HEADER + captured);
    at += RECORD_HEADER + captured;
    const packet = record.subarray(cooked.packetAt);
    const protocol = record.readUInt16BE(cooked.protocolAt);
    const segment = protocol === IPV4 ? ofIpv4(packet) : protocol === IPV6 ? ofIpv6(packet) : null;
    if (segment !== null) yield segment;
  }
};

const ofIpv4 = (packet: Buffer): Segment | null => {
  if (packet[9] !== TCP) return null;
  const address = (at: number) => [...packet.subarray(at, at + 4)].join('.');
  return ofTcp(packet.subarray(((packet[0] ?? 0) & 0x0f) * 4, packet.readUInt16BE(2)), address(12), address(16));
};

const ofIpv6 = (packet: Buffer): Segment | null => {
  // Between machines of one bridge no extension header stands before TCP.
  if (packet[6] !== TCP) return null;
  const address = (at: number) => Array.from({ length: 8 }, (_, i) => packet.readUInt16BE(at + 2 * i).toString(16)).join(':');
  return ofTcp(packet.subarray(40, 40 + packet.readUInt16BE(4)), address(8), address(24));
};

const ofTcp = (segment: Buffer, source: string, target: string): Segment => ({
  source,
  sourcePort: segment.readUInt16BE(0),
  target,
  targetPort: segment.readUInt16BE(2),
  payload: segment.subarray(((segment[12] ?? 0) >> 4) * 4),
});
