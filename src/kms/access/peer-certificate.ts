import type { Peer } from '#infra/tls/peer.ts';

/** As much of a verified client certificate as access is decided by. */
export type PeerCertificate = Pick<Peer, 'commonName' | 'uriSans' | 'fingerprint256'>;
